/**
 * The chat page: it waits until the model is ready, sends the conversation, and shows the answer as it is written.
 * No framework and no request to anywhere but its own origin. The API key lives in sessionStorage, so it is gone with
 * the tab; nothing else is kept.
 */

const $ = (id) => document.getElementById(id);
const page = {
  state: $("state"),
  scroller: $("scroller"),
  loading: $("loading"),
  loadingWords: $("loading-words"),
  loadingProgress: $("loading-progress"),
  loadingDetail: $("loading-detail"),
  loadingError: $("loading-error"),
  welcome: $("welcome"),
  examples: [...$("examples").querySelectorAll("button")],
  messages: $("messages"),
  composer: $("composer"),
  question: $("question"),
  send: $("send"),
  stop: $("stop"),
  newConversation: $("new-conversation"),
  keyDialog: $("key-dialog"),
  keyForm: $("key-form"),
  keyWords: $("key-words"),
  key: $("key"),
  announcer: $("announcer"),
};

/** The same first message in every conversation, so the engine reads it once. */
const INSTRUCTIONS = {
  role: "system",
  content:
    "You are the assistant of a health service. Answer in plain, kind words, in the language of the person, and briefly. " +
    "You do not diagnose and do not prescribe. When something may be dangerous, say first that they should call their " +
    "local emergency number or see a doctor today.",
};

const PHASE_WORDS = {
  starting: "The service is starting",
  locking: "Another process is preparing the model; waiting for it",
  downloading: "Downloading the model",
  verifying: "Checking the downloaded file",
  loading: "Loading the model into memory",
  warming_up: "Trying the first word",
  ready: "Ready",
  draining: "The service is shutting down",
  failed: "The service could not start",
};

let conversation = [];
let ready = false;
let modelName = "";
/** Aborts the answer that is being written; undefined when there is none. */
let answering;
/** Ends a countdown that is running. */
let stopCountdown = () => undefined;

// ---- getting ready ----------------------------------------------------------------------------------------------

async function watchReadiness() {
  for (;;) {
    await checkReadiness();
    await sleep(ready ? 15_000 : 1_000);
  }
}

async function checkReadiness() {
  let report;
  try {
    const response = await fetch("/ready", { signal: AbortSignal.timeout(8_000) });
    report = await response.json();
  } catch {
    showUnreachable();
    return;
  }
  if (report.status === "ready") {
    if (!ready) await becomeReady();
  } else {
    showLoading(report);
  }
}

async function becomeReady() {
  ready = true;
  page.loading.hidden = true;
  showState("ready", modelName || "Ready");
  enableSending();
  announce("The model is ready. You can ask a question.");
  await learnModel();
}

function showLoading(report) {
  notReady();
  const { phase, progress } = report;
  const words = PHASE_WORDS[phase] ?? "The service is starting";
  const percent = progress === null ? "" : ` ${Math.floor(progress * 100)} %`;
  const wasHidden = page.loading.hidden;
  if (wasHidden || page.loading.dataset.phase !== phase) announce(`${words}.`);
  page.loading.hidden = false;
  page.loading.dataset.phase = phase;
  page.loadingWords.textContent = `${words}${percent === "" ? "" : ":"}${percent}`;
  if (progress === null) page.loadingProgress.removeAttribute("value");
  else page.loadingProgress.value = progress;
  page.loadingProgress.hidden = phase === "failed";
  page.loadingDetail.textContent = [sizeWords(report), `${durationWords(report.elapsed_seconds)} since the start`]
    .filter(Boolean)
    .join(" · ");
  page.loadingError.hidden = report.error === null;
  if (report.error !== null) {
    const again = phase === "failed" ? "" : ` Trying again${report.attempt > 1 ? ` (try ${report.attempt})` : ""}.`;
    page.loadingError.textContent = `The last try failed: ${sentence(report.error)}${again}`;
  }
  showState("loading", phase === "draining" ? "Shutting down" : `Getting ready${percent}`);
}

function showUnreachable() {
  notReady();
  page.loading.hidden = true;
  showState("lost", "No connection");
}

function notReady() {
  if (ready) announce("The service cannot answer at the moment.");
  ready = false;
  enableSending();
}

/** The name of the model for the header; on the way this finds out whether a key is needed. */
async function learnModel() {
  try {
    const response = await fetch("/v1/models", { headers: authorization() });
    if (response.status === 401) {
      await askForKey();
      return;
    }
    if (!response.ok) return;
    modelName = (await response.json()).data[0].id;
    if (ready) showState("ready", modelName);
  } catch {
    // Only the name is missing; the next question shows whether the connection is.
  }
}

function showState(state, words) {
  page.state.dataset.state = state;
  page.state.textContent = words;
  page.state.title = words;
}

// ---- asking -----------------------------------------------------------------------------------------------------

async function ask(question) {
  conversation.push({ role: "user", content: question });
  addMessage("user", question);
  await answer();
}

/** Lets the model answer the last question; also called again after a failure. */
async function answer() {
  stopCountdown();
  const controller = new AbortController();
  answering = controller;
  enableSending();
  const view = addMessage("assistant", "");
  view.item.setAttribute("aria-busy", "true");
  announce("Answering.");
  const written = { content: "", reasoning: "", finish: null };
  let problem;
  try {
    const response = await fetch("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization() },
      body: JSON.stringify({ messages: [INSTRUCTIONS, ...conversation], stream: true }),
      signal: controller.signal,
    });
    if (!response.ok) throw await toProblem(response);
    for await (const event of readEvents(response.body)) {
      if (event.error) throw streamProblem(event.error);
      const choice = event.choices?.[0];
      written.content += choice?.delta?.content ?? "";
      written.reasoning += choice?.delta?.reasoning_content ?? "";
      written.finish = choice?.finish_reason ?? written.finish;
      view.show(written);
    }
    if (written.finish === null) throw new Problem("The connection was lost before the answer was complete.");
  } catch (error) {
    problem = controller.signal.aborted ? new Problem("You stopped this answer.", { stopped: true }) : asProblem(error);
  }
  answering = undefined;
  view.item.removeAttribute("aria-busy");
  view.show(written, true);
  finish(view, written, problem);
  enableSending();
}

function finish(view, written, problem) {
  if (written.content !== "" && (problem === undefined || problem.stopped)) {
    conversation.push({ role: "assistant", content: written.content });
  }
  if (problem === undefined) {
    if (written.finish === "length")
      view.note("The answer was cut here because it reached the longest length allowed.");
    announce(`The answer: ${written.content}`);
    return;
  }
  if (problem.stopped) {
    view.note(problem.message);
    announce(problem.message);
    return;
  }
  view.problem(problem);
  if (problem.status === 401) void askForKey(problem.code === "invalid_api_key").then((given) => given && retry(view));
  if (problem.unreachable || problem.status === 503) void checkReadiness();
}

function retry(view) {
  stopCountdown();
  view.item.remove();
  void answer();
}

/** The JSON of every event; comments (the heartbeat) are skipped. Ends at `[DONE]` or when the connection does. */
async function* readEvents(body) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let buffered = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffered += decoder.decode(value, { stream: true });
    const blocks = buffered.split("\n\n");
    buffered = blocks.pop();
    for (const block of blocks) {
      if (!block.startsWith("data: ")) continue;
      const data = block.slice("data: ".length);
      if (data === "[DONE]") return;
      yield JSON.parse(data);
    }
  }
}

// ---- what can go wrong, in sentences ------------------------------------------------------------------------------

class Problem extends Error {
  constructor(message, facts = {}) {
    super(message);
    Object.assign(this, facts);
  }
}

async function toProblem(response) {
  const error = await response.json().then(
    (body) => body.error ?? {},
    () => ({}),
  );
  const facts = { status: response.status, code: error.code };
  const wait = Number(response.headers.get("retry-after")) || undefined;
  switch (response.status) {
    case 401:
      return new Problem("This service needs an API key that is valid.", facts);
    case 413:
      return new Problem("That is more text than this service takes at once. Please shorten it.", {
        ...facts,
        final: true,
      });
    case 429:
      return new Problem("Many people are asking right now, and the line is full.", { ...facts, wait: wait ?? 10 });
  }
  if (error.code === "context_length_exceeded") {
    return new Problem("This conversation has become longer than the model can remember. Please start a new one.", {
      ...facts,
      final: true,
    });
  }
  if (error.code === "internal_error") {
    const reference = response.headers.get("x-request-id");
    return new Problem(`Something went wrong inside the service. Its log has the cause under ${reference}.`, facts);
  }
  return problemOf(error, facts);
}

function streamProblem(error) {
  return problemOf(error, { code: error.code });
}

function problemOf(error, facts) {
  switch (error.code) {
    case "draining":
      return new Problem("The service is restarting. Your question is kept; try again when it is back.", {
        ...facts,
        status: 503,
      });
    case "model_not_ready":
      return new Problem("The model is not ready yet. Your question is kept; try again in a moment.", facts);
    case "deadline_exceeded":
      return new Problem("The answer took too long and was given up. A shorter question may help.", facts);
  }
  return new Problem(sentence(error.message ?? `The service failed to answer (status ${facts.status}).`), facts);
}

function asProblem(error) {
  if (error instanceof Problem) return error;
  return new Problem("The connection was lost. Your question is kept; try again when you are back online.", {
    unreachable: true,
  });
}

// ---- the key ------------------------------------------------------------------------------------------------------

const KEY_NAME = "carepath-api-key";

function authorization() {
  const key = sessionStorage.getItem(KEY_NAME);
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/** Resolves to true when a key was entered. */
function askForKey(wasWrong = sessionStorage.getItem(KEY_NAME) !== null) {
  page.keyWords.textContent = wasWrong
    ? "The key was not accepted. Please check it and enter it again."
    : "This service only answers people who have a key. It is kept until you close this tab.";
  page.key.value = "";
  if (!page.keyDialog.open) page.keyDialog.showModal();
  return new Promise((resolve) => {
    page.keyDialog.addEventListener("close", () => resolve(page.keyDialog.returnValue === "given"), { once: true });
  });
}

page.keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY_NAME, page.key.value.trim());
  page.key.value = "";
  page.keyDialog.close("given");
  void learnModel();
});
$("key-cancel").addEventListener("click", () => page.keyDialog.close("cancelled"));

// ---- the conversation on the screen ---------------------------------------------------------------------------------

function addMessage(role, content) {
  page.welcome.hidden = true;
  const item = element("li", { className: "message" });
  item.dataset.role = role;
  item.append(element("span", { className: "hidden", textContent: role === "user" ? "You asked:" : "Answer:" }));
  const text = element("div", { className: "text" });
  item.append(text);
  page.messages.append(item);
  if (role === "user") text.textContent = content;
  scrollToEnd(true);
  return new MessageView(item, text);
}

class MessageView {
  #frame;
  #reasoning;

  constructor(item, text) {
    this.item = item;
    this.text = text;
  }

  /** Shows what has been written so far, once a frame however fast the words come. */
  show(written, now = false) {
    if (now) {
      cancelAnimationFrame(this.#frame);
      this.#frame = undefined;
      this.#paint(written);
      return;
    }
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#paint(written);
    });
  }

  note(words) {
    this.item.append(element("p", { className: "fine", textContent: words }));
    scrollToEnd();
  }

  problem(problem) {
    this.text.hidden = this.text.textContent === "";
    const box = element("div", { className: "warning problem" });
    const words = element("p", { textContent: problem.message });
    words.setAttribute("role", "alert");
    box.append(words);
    if (!problem.final) {
      const again = element("button", { type: "button", textContent: "Try again" });
      again.addEventListener("click", () => retry(this));
      const row = element("div", { className: "row" });
      row.append(again);
      if (problem.wait !== undefined) row.append(this.#countdown(problem.wait));
      box.append(row);
    }
    this.item.append(box);
    scrollToEnd(true);
  }

  /** Tries again by itself when the time that the service named is over. */
  #countdown(seconds) {
    const words = element("span", { className: "countdown" });
    // Spoken once by the alert; a number that changes every second would never let a screen reader finish.
    words.setAttribute("aria-hidden", "true");
    const end = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0) retry(this);
      else words.textContent = `Trying again by itself in ${durationWords(left)}`;
    };
    const timer = setInterval(tick, 250);
    stopCountdown = () => {
      clearInterval(timer);
      words.remove();
      stopCountdown = () => undefined;
    };
    tick();
    return words;
  }

  #paint({ content, reasoning }) {
    if (reasoning !== "") {
      this.#reasoning ??= this.#addReasoning();
      this.#reasoning.textContent = reasoning.trim();
    }
    this.text.replaceChildren(...formatted(content.trim()));
    scrollToEnd();
  }

  #addReasoning() {
    const details = element("details", {});
    const text = element("div", { className: "text" });
    details.append(element("summary", { textContent: "What the model thought first" }), text);
    this.text.before(details);
    return text;
  }
}

/** Bold, code and headings as elements; everything else stays the text it is. */
function formatted(text) {
  const nodes = [];
  for (const piece of text.split(/(\*\*[^*\n]+\*\*|`[^`\n]+`|^#{1,6} .+$)/m)) {
    if (/^\*\*.+\*\*$/.test(piece)) nodes.push(element("strong", { textContent: piece.slice(2, -2) }));
    else if (/^`.+`$/.test(piece)) nodes.push(element("code", { textContent: piece.slice(1, -1) }));
    else if (/^#{1,6} /.test(piece)) nodes.push(element("strong", { textContent: piece.replace(/^#+ |\*\*/g, "") }));
    else if (piece !== "") nodes.push(document.createTextNode(piece));
  }
  return nodes;
}

/** Follows the text while the reader is at its end, and leaves them alone when they have scrolled up. */
let following = true;
page.scroller.addEventListener("scroll", () => {
  following = page.scroller.scrollHeight - page.scroller.scrollTop - page.scroller.clientHeight < 80;
});

function scrollToEnd(always = false) {
  if (always) following = true;
  if (following) page.scroller.scrollTop = page.scroller.scrollHeight;
}

// ---- the form -------------------------------------------------------------------------------------------------------

function enableSending() {
  const busy = answering !== undefined;
  page.send.hidden = busy;
  page.stop.hidden = !busy;
  page.send.disabled = !ready || page.question.value.trim() === "";
  for (const example of page.examples) example.disabled = !ready || busy;
  page.newConversation.hidden = conversation.length === 0;
  page.newConversation.disabled = busy;
}

function fitQuestion() {
  page.question.style.height = "auto";
  page.question.style.height = `${page.question.scrollHeight + 2}px`;
}

page.composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = page.question.value.trim();
  if (question === "" || !ready || answering !== undefined) return;
  page.question.value = "";
  fitQuestion();
  dropUnanswered();
  void ask(question);
});

page.question.addEventListener("input", () => {
  fitQuestion();
  enableSending();
});

page.question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    page.composer.requestSubmit();
  }
});

page.stop.addEventListener("click", () => {
  answering?.abort();
  page.question.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !page.keyDialog.open) answering?.abort();
});

page.newConversation.addEventListener("click", () => {
  stopCountdown();
  conversation = [];
  page.messages.replaceChildren();
  page.welcome.hidden = false;
  enableSending();
  page.question.focus();
  announce("A new conversation.");
});

for (const example of page.examples) {
  example.addEventListener("click", () => void ask(example.textContent));
}

/** A question that got no answer stays on the screen, and the model is not asked it together with the next one. */
function dropUnanswered() {
  stopCountdown();
  for (const button of page.messages.querySelectorAll(".problem .row")) button.remove();
  if (conversation.at(-1)?.role === "user") conversation.pop();
}

// ---- small helpers ----------------------------------------------------------------------------------------------------

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

function announce(words) {
  page.announcer.textContent = words;
}

function sentence(words) {
  const trimmed = words.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

function sizeWords({ downloaded_bytes: done, total_bytes: all }) {
  if (done === undefined || all === undefined) return "";
  return `${gigabytes(done)} of ${gigabytes(all)}`;
}

function gigabytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

function durationWords(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

enableSending();
void watchReadiness();
