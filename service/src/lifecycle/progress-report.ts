import { type Phase, type ReadyReport } from "../contract.js";

const STATUS: Partial<Record<Phase, ReadyReport["status"]>> = {
  ready: "ready",
  draining: "draining",
  failed: "failed",
};

/** Keeps what `GET /ready` tells: the phase, how far it is, which try it is, and how long each phase has taken. */
export class ProgressReport {
  #current: Phase = "starting";
  #enteredAt: number;
  readonly #startedAt: number;
  readonly #finished: Partial<Record<Phase, number>> = {};
  #progress: number | null = null;
  #attempt = 1;
  #error: string | null = null;
  #waitingFor: string | undefined;
  #bytes: { readonly done: number; readonly total: number } | undefined;
  readonly #now: () => number;

  /**
   * @param now - milliseconds of a clock that never goes back
   * @param startedAt - when the process started, on that clock
   */
  constructor(now: () => number, startedAt: number) {
    this.#now = now;
    this.#startedAt = startedAt;
    this.#enteredAt = startedAt;
  }

  get phase(): Phase {
    return this.#current;
  }

  /** Entering a phase again, as a retry does, adds to its seconds. The failure that led there stays visible. */
  enter(phase: Phase): void {
    const now = this.#now();
    this.#finished[this.#current] = this.#secondsOf(this.#current, now);
    this.#current = phase;
    this.#enteredAt = now;
    this.#progress = null;
  }

  /** What lies behind is done: later phases start with a first try and without an error. */
  succeed(): void {
    this.#attempt = 1;
    this.#error = null;
    this.#waitingFor = undefined;
  }

  fail(message: string): void {
    this.#error = message;
  }

  /** Not a failure, but what a person who looks wants to know; gone as soon as the waiting is. */
  wait(reason: string | undefined): void {
    this.#waitingFor = reason;
  }

  retry(): void {
    this.#attempt++;
  }

  advance(fraction: number): void {
    this.#progress = Math.min(1, Math.max(0, fraction));
  }

  advanceBytes(done: number, total: number): void {
    if (this.#current === "downloading") this.#bytes = { done, total };
    this.advance(total === 0 ? 1 : done / total);
  }

  toJSON(): ReadyReport {
    const now = this.#now();
    return {
      status: STATUS[this.#current] ?? "loading",
      phase: this.#current,
      progress: this.#current === "ready" ? 1 : this.#progress,
      elapsed_seconds: rounded((now - this.#startedAt) / 1_000),
      attempt: this.#attempt,
      error: this.#waitingFor ?? this.#error,
      ...(this.#bytes && { downloaded_bytes: this.#bytes.done, total_bytes: this.#bytes.total }),
      phase_seconds: { ...this.#finished, [this.#current]: this.#secondsOf(this.#current, now) },
    };
  }

  #secondsOf(phase: Phase, now: number): number {
    return rounded((this.#finished[phase] ?? 0) + (now - this.#enteredAt) / 1_000);
  }
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}
