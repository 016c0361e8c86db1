/**
 * Everything that waits takes a `Clock`, so the same kubelet code runs against real processes in real time, in shortened
 * time (`--speedup`), and against a simulated server on a virtual clock.
 */

/** Cancels a timer; harmless when it has fired. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since an arbitrary origin. */
  now(): number;
  /** Calls `callback` once, `milliseconds` from now. */
  after(milliseconds: number, callback: () => void): Cancel;
}

/** The real clock, from zero at its creation. With `speedup` N, N of its seconds pass in one real second. */
export class RealClock implements Clock {
  readonly #origin = performance.now();

  constructor(readonly speedup: number = 1) {}

  now(): number {
    return (performance.now() - this.#origin) * this.speedup;
  }

  after(milliseconds: number, callback: () => void): Cancel {
    const timer = setTimeout(callback, milliseconds / this.speedup);
    return () => clearTimeout(timer);
  }
}

/** A clock that only moves when it is told to. Timers of the same moment fire in the order they were set. */
export class VirtualClock implements Clock {
  #time = 0;
  #sequence = 0;
  #timers: { readonly at: number; readonly order: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#time;
  }

  after(milliseconds: number, callback: () => void): Cancel {
    const timer = { at: this.#time + Math.max(0, milliseconds), order: this.#sequence++, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves to `milliseconds` since the origin, firing on the way every timer that is due by then. */
  runUntil(milliseconds: number): void {
    for (;;) {
      const [next] = this.#timers
        .filter((timer) => timer.at <= milliseconds)
        .sort((a, b) => a.at - b.at || a.order - b.order);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#time = next.at;
      next.callback();
    }
    this.#time = Math.max(this.#time, milliseconds);
  }
}
