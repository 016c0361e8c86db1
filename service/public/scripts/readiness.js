/** Asks the service whether it can answer, and shows how far it is. */
import { askForKey, authorization } from "./api-key.js";
import { PATHS } from "./contract.js";
import { announce, element, page } from "./elements.js";
import { scrollToEnd } from "./scrolling.js";
import { TimeLeft } from "./time-left.js";
import { durationWords, PHASE_WORDS, sentence, sizeWords, timeLeftWords } from "./words.js";

let ready = false;
let modelName = "";
let onChange = () => undefined;
const timeLeft = new TimeLeft();

export const isReady = () => ready;

/** Never returns. `changed` is called whenever the service becomes able or unable to answer. */
export async function watchReadiness(changed) {
  onChange = changed;
  for (;;) {
    await checkReadiness();
    await sleep(ready ? 15_000 : 1_000);
  }
}

/** Returns when the service can answer, which is asked for the first time after a pause of so many seconds. */
export async function untilReady(seconds, signal) {
  do {
    await sleep(seconds * 1000);
    if (signal.aborted) return;
    await checkReadiness();
  } while (!ready && !signal.aborted);
}

export async function checkReadiness() {
  let report;
  try {
    const response = await fetch(PATHS.ready, { signal: AbortSignal.timeout(8_000) });
    report = await response.json();
  } catch {
    showUnreachable();
    return;
  }
  if (report.status !== "ready") showLoading(report);
  else if (!ready) await becomeReady();
}

/** Learns the model's name for the header; on the way this finds out whether a key is needed. */
async function learnModel() {
  try {
    const response = await fetch(PATHS.models, { headers: authorization() });
    if (response.status === 401) {
      if (await askForKey()) await learnModel();
      return;
    }
    if (!response.ok) return;
    modelName = (await response.json()).data[0].id;
    if (ready) showState("ready", modelName);
  } catch {
    // Only the name is missing; the next question shows whether the connection is.
  }
}

async function becomeReady() {
  setReady(true);
  page.loading.hidden = true;
  showState("ready", modelName || "Ready");
  announce("The service is ready. You can ask a question.");
  void learnModel();
}

function showLoading(report) {
  const { phase, progress } = report;
  const words = PHASE_WORDS[phase] ?? PHASE_WORDS.starting;
  const percent = progress === null ? "" : ` ${Math.floor(progress * 100)} %`;
  if (ready) announce("The service cannot answer at the moment.");
  else if (page.loading.hidden || page.loading.dataset.phase !== phase) announce(`${words}.`);
  setReady(false);
  page.loading.hidden = false;
  page.loading.dataset.phase = phase;
  page.loadingWords.textContent = `${words}${percent === "" ? "" : ":"}${percent}`;
  if (progress === null) page.loadingProgress.removeAttribute("value");
  else page.loadingProgress.value = progress;
  page.loadingProgress.hidden = phase === "failed";
  const left = timeLeft.observe(phase, progress);
  page.loadingDetail.textContent = [
    sizeWords(report),
    left === undefined ? "" : timeLeftWords(left),
    `${durationWords(report.elapsed_seconds)} since the start`,
  ]
    .filter(Boolean)
    .join(" · ");
  showLoadingError(report);
  scrollToEnd();
  showState("loading", phase === "draining" ? "Shutting down" : `Getting ready${percent}`);
}

function showLoadingError({ error, phase, attempt }) {
  page.loadingError.hidden = error === null;
  if (error === null) return;
  const words =
    phase === "failed"
      ? "The service needs help from the people who run it."
      : "Something did not work, and the service is trying again by itself.";
  const details = `${sentence(error)}${attempt > 1 ? ` Try ${attempt}.` : ""}`;
  const present = page.loadingError.querySelector("details");
  if (present === null) {
    page.loadingError.replaceChildren(
      element("p"),
      element("details", {}, element("summary", { textContent: "Details" }), element("p")),
    );
  }
  // Changed in place: opened details stay open from one look to the next.
  const [first, second] = page.loadingError.querySelectorAll("p");
  first.textContent = words;
  second.textContent = details;
}

function showUnreachable() {
  if (ready) announce("The service cannot answer at the moment.");
  setReady(false);
  page.loading.hidden = true;
  showState("lost", "No connection");
}

function setReady(now) {
  if (ready === now) return;
  ready = now;
  onChange();
}

function showState(state, words) {
  page.state.dataset.state = state;
  page.state.textContent = words;
  page.state.title = words;
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
