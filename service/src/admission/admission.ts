import { clientGone, RefusedError } from "./errors.js";
import { ServiceTime } from "./service-time.js";

export interface AdmissionOptions {
  /** Requests that may wait; one more is refused. */
  readonly maxQueue: number;
  /** From admission to the last token. */
  readonly requestTimeoutSeconds: number;
  /** Milliseconds on a clock that never goes back. @default performance.now */
  readonly now?: () => number;
  readonly observer?: AdmissionObserver;
  /** 0 to 1, spreads `Retry-After`. @default Math.random */
  readonly random?: () => number;
}

/** Where metrics listen. */
export interface AdmissionObserver {
  /** After every change. */
  onOccupancy?(waiting: number, running: number): void;
  /** A slot was freed after this long. */
  onSlotFreed?(heldSeconds: number): void;
}

/** What a running request knows of its place. */
export interface RunningRequest {
  /** Aborted with a `RefusedError` when the client left, the deadline passed or the service gave up draining. */
  readonly signal: AbortSignal;
  /** Seconds between admission and the slot. */
  readonly queueSeconds: number;
  /** The proof of life that `stalledSeconds` measures from. */
  readonly progress: () => void;
}

export interface Submission<T> {
  /** Settles when the work does, or at once when the request is ended early: a client never waits for the engine to let go. */
  readonly result: Promise<T>;
  /** Ends the request early; without effect when it is over. */
  abort(reason: RefusedError): void;
  /** Calls back with the place in line (1 is next): now, if the request waits, and whenever it moves up. */
  watchPlace(onPlace: (place: number) => void): void;
}

/**
 * The gate before the engine: a first-in-first-out queue of bounded length over a fixed number of slots.
 *
 * A slot is given back when its work has settled, even if the client was answered earlier: the engine takes no more calls
 * than it has slots.
 */
export class Admission {
  readonly #waiting: Ticket[] = [];
  readonly #running = new Set<Ticket>();
  /** Each with a promise that resolves when the request has its answer or its error. */
  readonly #unanswered = new Map<Ticket, Promise<void>>();
  readonly #serviceTime: ServiceTime;
  readonly #now: () => number;
  #closed = false;
  #slots = 1;
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#serviceTime = new ServiceTime(options.random);
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Throws what `submit` would throw now: what comes before admission is not done for a request that will be refused.
   *
   * @throws {RefusedError} `queue_full` or `draining`
   */
  check(slots: number): void {
    this.#slots = slots;
    if (this.#closed) throw drainingError();
    if (this.#running.size >= slots && this.#waiting.length >= this.#options.maxQueue) throw this.#queueFull();
  }

  /**
   * Admits one request, or refuses it at once.
   *
   * @param slots how many may run at the same time, as the engine says
   * @param client aborted when the client has left
   * @param work called when a slot is free; it should settle soon after its signal is aborted
   * @throws {RefusedError} `queue_full` or `draining`
   */
  submit<T>(slots: number, client: AbortSignal, work: (run: RunningRequest) => Promise<T>): Submission<T> {
    this.check(slots);
    const ticket = new Ticket(this.#now());
    const result = new Promise<T>((resolve, reject) => {
      ticket.start = (run) => work(run).then(resolve, reject);
      ticket.signal.addEventListener("abort", () => reject(ticket.signal.reason as RefusedError), { once: true });
    });
    const end = (): void => {
      stopWatching();
      this.#unanswered.delete(ticket);
    };
    this.#unanswered.set(ticket, result.then(end, end));
    const stopWatching = this.#watch(ticket, client);

    if (!ticket.signal.aborted) this.#waiting.push(ticket);
    this.#fill();
    return {
      result,
      abort: (reason) => this.#end(ticket, reason),
      watchPlace: (onPlace) => ticket.watchPlace(onPlace),
    };
  }

  /** Seconds since the running request that has been silent for longest gave a sign of life; 0 when nothing runs. */
  stalledSeconds(): number {
    let oldest = this.#now();
    for (const ticket of this.#running) oldest = Math.min(oldest, ticket.progressAt);
    return (this.#now() - oldest) / 1000;
  }

  /**
   * Stops admitting, lets what was admitted (waiting included) go on for so long, and ends the rest with a `draining`
   * error. Resolves when every admitted request has its answer or its error. A later call can only shorten the time.
   */
  async drain(milliseconds: number): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => {
      for (const ticket of [...this.#unanswered.keys()]) this.#end(ticket, drainingError());
    }, milliseconds);
    await Promise.all(this.#unanswered.values());
    clearTimeout(timer);
  }

  #watch(ticket: Ticket, client: AbortSignal): () => void {
    const seconds = this.#options.requestTimeoutSeconds;
    const timer = setTimeout(() => this.#end(ticket, deadlineError(seconds)), seconds * 1000);
    const onGone = (): void => this.#end(ticket, clientGone());
    if (client.aborted) onGone();
    else client.addEventListener("abort", onGone, { once: true });
    return () => {
      clearTimeout(timer);
      client.removeEventListener("abort", onGone);
    };
  }

  #end(ticket: Ticket, reason: RefusedError): void {
    ticket.controller.abort(reason);
    const place = this.#waiting.indexOf(ticket);
    if (place >= 0) {
      this.#waiting.splice(place, 1);
      this.#changed();
    }
  }

  #fill(): void {
    while (this.#running.size < this.#slots) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#run(next);
    }
    this.#changed();
  }

  #run(ticket: Ticket): void {
    const startedAt = this.#now();
    ticket.startedAt = startedAt;
    ticket.progressAt = startedAt;
    ticket.standAt(0);
    this.#running.add(ticket);
    const free = (): void => {
      this.#running.delete(ticket);
      const held = (this.#now() - startedAt) / 1000;
      this.#serviceTime.observe(held);
      this.#options.observer?.onSlotFreed?.(held);
      this.#fill();
    };
    void ticket
      .start({
        signal: ticket.signal,
        queueSeconds: (startedAt - ticket.admittedAt) / 1000,
        progress: () => (ticket.progressAt = this.#now()),
      })
      .then(free);
  }

  #changed(): void {
    this.#options.observer?.onOccupancy?.(this.#waiting.length, this.#running.size);
    this.#waiting.forEach((ticket, index) => ticket.standAt(index + 1));
  }

  #queueFull(): RefusedError {
    const oldest = Math.min(...[...this.#running].map((ticket) => ticket.startedAt));
    const present = this.#running.size + this.#waiting.length;
    const seconds = this.#serviceTime.retryAfterSeconds(this.#slots, present, (this.#now() - oldest) / 1000);
    return new RefusedError(
      "queue_full",
      `${this.#slots === 1 ? "The only slot is" : `All ${this.#slots} slots are`} busy and the queue is full ` +
        `(${this.#waiting.length} waiting). Try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`,
      seconds,
    );
  }
}

class Ticket {
  readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  start!: (run: RunningRequest) => Promise<void>;
  startedAt = 0;
  progressAt = 0;
  #place = 0;
  #onPlace: (place: number) => void = () => undefined;

  constructor(readonly admittedAt: number) {}

  standAt(place: number): void {
    if (place === this.#place) return;
    this.#place = place;
    if (place > 0) this.#onPlace(place);
  }

  watchPlace(onPlace: (place: number) => void): void {
    this.#onPlace = onPlace;
    if (this.#place > 0) onPlace(this.#place);
  }
}

/** Another pod, or this one after its restart, should be able to answer by then. */
const DRAIN_RETRY_SECONDS = 10;

function drainingError(): RefusedError {
  return new RefusedError(
    "draining",
    "The service is shutting down and could not complete this request. Try again shortly.",
    DRAIN_RETRY_SECONDS,
  );
}

function deadlineError(seconds: number): RefusedError {
  return new RefusedError(
    "deadline",
    `The request was not answered within ${seconds} seconds, waiting included. ` +
      `Ask for a shorter answer, try again when fewer people ask, or raise REQUEST_TIMEOUT_SECONDS.`,
  );
}
