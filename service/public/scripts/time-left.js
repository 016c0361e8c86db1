/**
 * Estimates when a phase is over from its progress of the last seconds: the average since its start would count what a
 * resumed download found on disk, and the pace of an hour ago.
 */
export class TimeLeft {
  #phase;
  #samples = [];

  /** Returns seconds, or undefined while they cannot be known. `now` is in milliseconds. */
  observe(phase, progress, now = performance.now()) {
    if (phase !== this.#phase || progress === null || progress < (this.#samples.at(-1)?.progress ?? 0)) {
      this.#samples = [];
      this.#phase = phase;
    }
    if (progress === null) return undefined;
    this.#samples.push({ progress, now });
    while (now - this.#samples[0].now > WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    const spent = now - first.now;
    const done = progress - first.progress;
    if (spent < SHORTEST_MS || done <= 0) return undefined;
    return ((1 - progress) * spent) / done / 1000;
  }
}

const WINDOW_MS = 30_000;
const SHORTEST_MS = 2_500;
