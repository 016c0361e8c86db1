/** Asks a failed question again by itself: when its time has come, or when the service is back. */
import { checkReadiness, untilReady } from "./readiness.js";
import { durationWords } from "./words.js";

/** Aborts the waiting; one question waits at a time. */
let waiting = new AbortController();
/** Repeats since the last success: a service that fails each time is left alone at last. */
let repeats = 0;
const MOST_REPEATS = 5;

export function stopWaiting() {
  waiting.abort();
}

export function forgetRepeats() {
  repeats = 0;
}

/** `words` is the element that says what will happen. */
export function repeatAfter(seconds, words, repeat) {
  const signal = startWaiting(words);
  // Spoken once by the alert; a number that changes every second would never let a screen reader finish.
  words.setAttribute("aria-hidden", "true");
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) repeat();
    else words.textContent = `Trying again by itself in ${durationWords(left)}`;
  };
  const timer = setInterval(tick, 250);
  signal.addEventListener("abort", () => clearInterval(timer));
  tick();
}

/** Pauses longer each time that it fails again. */
export async function repeatWhenReady(words, repeat) {
  if (repeats >= MOST_REPEATS) return checkReadiness();
  const signal = startWaiting(words);
  words.textContent = "Goes on by itself when the service is back";
  const pause = 2 ** repeats;
  repeats += 1;
  await checkReadiness();
  await untilReady(pause, signal);
  if (!signal.aborted) repeat();
}

function startWaiting(words) {
  waiting.abort();
  waiting = new AbortController();
  waiting.signal.addEventListener("abort", () => words.remove());
  return waiting.signal;
}
