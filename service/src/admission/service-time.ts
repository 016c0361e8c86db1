/**
 * Estimates from observed service time when a refused client may come back. A place becomes free whenever a slot does,
 * so the first refused client is sent away for one such interval, the second for two, and so on: clients that all came
 * back at the same moment would only refuse each other again.
 */
export class ServiceTime {
  readonly #random: () => number;
  #averageSeconds: number | undefined;
  #promised = 0;

  /** @param random 0 to 1, spreads the estimates */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** A request held a slot for this long; with that a place in the queue became free. */
  observe(seconds: number): void {
    this.#averageSeconds =
      this.#averageSeconds === undefined ? seconds : this.#averageSeconds + WEIGHT * (seconds - this.#averageSeconds);
    this.#promised = Math.max(0, this.#promised - 1);
  }

  /**
   * @param slots how many requests are served at once
   * @param present how many are in the system: beyond the time in which all of them are served, no wait is worth naming
   * @param oldestSeconds how long the oldest running request has held its slot, its time in the queue not counted; the
   *   average cannot be below it by much
   * @returns 1 to 60 seconds: official clients take no longer wait from a server
   */
  retryAfterSeconds(slots: number, present: number, oldestSeconds: number): number {
    this.#promised = Math.min(this.#promised + 1, present);
    const average = Math.max(this.#averageSeconds ?? ASSUMED_SECONDS, oldestSeconds / 2);
    const seconds = Math.min((average * this.#promised) / slots, LONGEST_SECONDS / (1 + SPREAD));
    const spread = Math.ceil(seconds * (1 - SPREAD + 2 * SPREAD * this.#random()));
    return Math.min(LONGEST_SECONDS, Math.max(1, spread));
  }
}

/** Weight of the newest observation in the moving average. */
const WEIGHT = 0.2;
/** Before anything was observed: a short answer of a small model. */
const ASSUMED_SECONDS = 10;
const LONGEST_SECONDS = 60;
/** Share by which an estimate is longer or shorter: clients that were refused together do not come back together. */
const SPREAD = 0.2;
