/**
 * The turns of the conversation. They live in sessionStorage, so they survive a reload and are gone with the tab;
 * nothing leaves the browser but the request for an answer.
 *
 * A turn: `role` ("user" or "assistant"), `content`, and for an answer `reasoning` and `cut`, the words that say why it
 * is not complete.
 */
import { PAGE_INSTRUCTIONS } from "./contract.js";
import { splitThinking } from "./thinking.js";

const NAME = "carepath-conversation";

export const turns = restore();

export function addTurn(turn) {
  turns.push(turn);
  save();
  return turn;
}

/** Drops this turn and what follows it. */
export function dropFrom(turn) {
  const index = turns.indexOf(turn);
  if (index >= 0) turns.splice(index);
  save();
}

export function clear() {
  turns.length = 0;
  sessionStorage.removeItem(NAME);
}

export function save() {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(turns));
  } catch {
    // The tab's storage is full: the conversation goes on, it only does not survive a reload.
  }
}

/**
 * The messages of a request. A question that got no answer is left out, unless it is the last. An answer at the end is
 * one that was cut: the model goes on where it ends.
 */
export function messages() {
  const said = turns.filter((turn) => turn.content !== "");
  const answered = said.filter((turn, index) => turn.role !== "user" || said[index + 1]?.role !== "user");
  return [
    { role: "system", content: PAGE_INSTRUCTIONS },
    ...answered.map(({ role, content }, index) => ({
      role,
      content: role === "user" || index === answered.length - 1 ? content : splitThinking(content).answer.trim(),
    })),
  ];
}

function restore() {
  try {
    return JSON.parse(sessionStorage.getItem(NAME) ?? "[]");
  } catch {
    return [];
  }
}
