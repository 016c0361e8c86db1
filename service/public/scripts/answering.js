/** Asks the service for an answer and brings it, or what went wrong, to the screen. */
import { askForKey, authorization } from "./api-key.js";
import { PATHS } from "./contract.js";
import { addTurn, dropFrom, messages, save, turns } from "./conversation.js";
import { announce, button, page } from "./elements.js";
import { MessageView } from "./message-view.js";
import { lost, Problem, problemInStream, problemOfError, problemOfResponse } from "./problem.js";
import { checkReadiness, isReady } from "./readiness.js";
import { forgetRepeats, repeatAfter, repeatWhenReady, stopWaiting } from "./repeating.js";
import { readStream } from "./stream-reader.js";
import { splitThinking } from "./thinking.js";
import { placeWords } from "./words.js";

/** Aborts the answer that is being written; undefined when there is none. */
let running;
let onChange = () => undefined;
/** One for each turn, in order. */
let views = [];

export const isAnswering = () => running !== undefined;

/** `changed` is called whenever an answer begins or ends. */
export function onAnswering(changed) {
  onChange = changed;
}

export function stop() {
  running?.abort();
}

/** Shows the conversation that the tab still has. */
export function showConversation() {
  views = turns.map((turn) => new MessageView(turn));
  for (const view of views) {
    if (view.turn.role === "assistant") finish(view);
    else offerEdit(view);
  }
}

/** Takes everything off the screen. */
export function forgetViews() {
  stopWaiting();
  views = [];
  page.messages.replaceChildren();
}

export function ask(question) {
  stopWaiting();
  forgetRepeats();
  views.at(-1)?.settle();
  const asked = addView(addTurn({ role: "user", content: question }));
  offerEdit(asked);
  return answer(addView(addTurn(emptyAnswer())));
}

/** Writes the turn of this view: from its start, or on from where it was cut. */
async function answer(view) {
  stopWaiting();
  const { turn } = view;
  const controller = new AbortController();
  running = controller;
  onChange();
  // A thought that led to no answer is thought again.
  if (turn.content === "") turn.reasoning = "";
  turn.cut = INTERRUPTED;
  save();
  view.begin();
  view.status("Waiting for the answer");
  let problem;
  try {
    turn.cut = (await write(view, controller.signal)) === "length" ? TOO_LONG : undefined;
  } catch (error) {
    problem = controller.signal.aborted ? new Problem(STOPPED, { stopped: true }) : problemOfError(error);
    turn.cut = problem.stopped ? STOPPED : INTERRUPTED;
  }
  running = undefined;
  save();
  view.end();
  if (problem === undefined || problem.stopped) {
    forgetRepeats();
    finish(view);
    announce(turn.cut ?? `The answer: ${splitThinking(turn.content).answer.trim()}`);
  } else {
    fail(view, problem);
  }
  onChange();
}

const INTERRUPTED = "This answer was interrupted.";
const TOO_LONG = "The answer was cut here because it reached the longest length allowed.";
const STOPPED = "You stopped this answer.";

/** Returns why the answer ended. */
async function write(view, signal) {
  const { turn } = view;
  const response = await fetch(PATHS.chatCompletions, {
    method: "POST",
    headers: { "content-type": "application/json", ...authorization() },
    body: JSON.stringify({ messages: messages(), stream: true, stream_options: { include_queue: true } }),
    signal,
  });
  if (!response.ok) throw await problemOfResponse(response);
  let finish;
  for await (const { place, data } of readStream(response.body)) {
    if (place !== undefined) {
      view.status(placeWords(place));
      continue;
    }
    if (data.error) throw problemInStream(data.error, response);
    const { delta, finish_reason } = data.choices?.[0] ?? {};
    view.status(delta?.content || delta?.reasoning_content || finish_reason ? undefined : "Reading your question");
    turn.content += delta?.content ?? "";
    turn.reasoning += delta?.reasoning_content ?? "";
    finish = finish_reason ?? finish;
    view.update();
  }
  if (finish === undefined) throw lost("The stream ended before the answer was complete.");
  return finish;
}

/** The buttons of an answer that has ended, on the last one also those that change it. */
function finish(view) {
  const { turn } = view;
  const offers = [];
  if (turn === turns.at(-1)) {
    if (turn.cut !== undefined) {
      offers.push(button(turn.content === "" ? "Try again" : "Continue", () => void answer(view)));
    }
    if (turn.content !== "") offers.push(button("Another answer", () => void again(view)));
  }
  for (const offer of offers) offer.classList.add("offer");
  view.finish(offers, turn.cut);
}

function fail(view, problem) {
  const { turn } = view;
  const resume = () => void answer(view);
  const words = turn.content === "" ? "Try again" : "Continue";
  const next = view.problem(
    problem,
    problem.final
      ? []
      : [
          button(words, () => {
            forgetRepeats();
            resume();
          }),
        ],
  );
  if (problem.status === 401) void askForKey(problem.code === "invalid_api_key").then((given) => given && resume());
  else if (problem.wait !== undefined) repeatAfter(problem.wait, next, resume);
  else if (problem.temporary) void repeatWhenReady(next, resume);
  else void checkReadiness();
}

/** Another answer to the same question. */
function again(view) {
  forgetRepeats();
  return replaceFrom(view, () => answer(addView(addTurn(emptyAnswer()))));
}

function offerEdit(view) {
  const edit = button("Edit", () =>
    view.edit((question) => {
      if (!isAnswering() && isReady()) void replaceFrom(view, () => ask(question));
    }),
  );
  edit.classList.add("offer");
  view.finish([edit]);
}

/** Drops this turn and all that follows, then goes on. */
function replaceFrom(view, next) {
  stopWaiting();
  dropFrom(view.turn);
  for (const dropped of views.splice(views.indexOf(view))) dropped.item.remove();
  return next();
}

function addView(turn) {
  const view = new MessageView(turn);
  views.push(view);
  return view;
}

function emptyAnswer() {
  return { role: "assistant", content: "", reasoning: "" };
}
