/**
 * How many threads one kind of work (reading or generating) gets. llama.cpp's threads wait for each other at barriers by
 * spinning, so one of them without a core stops all: two threads beside two busy neighbours are thirty times slower than
 * one. Neighbours come and go, so the number follows what is measured.
 *
 * Fewer threads are tried at once when a step looks disturbed, more when cores are idle again, and what was faster stays.
 * It knows neither llama.cpp nor the clock.
 */
export interface ThreadedStep {
  readonly threads: number;
  /** Steps are compared with steps of the same size only. */
  readonly size: number;
  readonly seconds: number;
  /** Processor time that the process got during the step, in cores; undefined where it cannot be known. */
  readonly usedCores: number | undefined;
}

export interface ThreadControlOptions {
  readonly most: number;
  /** Seconds. */
  readonly now: () => number;
  /** Cores that no one has used lately, of those that this process may use; undefined where it cannot be known. */
  readonly idleCores: () => number | undefined;
  /** Steps with another number of threads before it is judged. @default 2 */
  readonly trialSteps?: number;
  /** Whether fewer threads are tried from time to time although no step looks disturbed. @default true */
  readonly routine?: boolean;
}

/** A step counts as disturbed when so much of a core is missing, or when it takes so many times as long as it can. */
const MISSING_CORES = 0.35;
const SLOWER = 1.4;
/** One such step is enough when it is so many times slower; otherwise the next one has to confirm it. */
const COLLAPSED = 4;
/** A different number of threads must take this share of the time to be kept. */
const GAIN = 0.95;
/** So much of a core must be idle for one more thread to be tried. */
const IDLE_CORE = 0.7;
/** Seconds until the next trial after one that failed; every further failure doubles them, up to the most. */
const FIRST_PAUSE = 1;
const MOST_PAUSE = 30;
/** The most where no one says whether cores are idle: neighbours that have gone are noticed by trying only. */
const MOST_BLIND_PAUSE = 4;
/**
 * Seconds until fewer threads are tried again although nothing looks disturbed. What that finds (hyperthreads, a number
 * that is too high) hardly changes.
 */
const FIRST_ROUTINE_PAUSE = 60;
const MOST_ROUTINE_PAUSE = 600;
/** For so long, seconds, no more threads are tried than that has left: also a neighbour may have been the reason. */
const CEILING_SECONDS = 120;
/** Remembered steps of one size and number of threads. */
const REMEMBERED = 5;

interface Trial {
  readonly threads: number;
  readonly size: number;
  /** Seconds of a step without the trial. */
  readonly before: number;
  /** Nothing looked disturbed. */
  readonly routine?: boolean;
  readonly seconds: number[];
}

/** When something may be tried again: every trial that failed doubles the seconds until the next one. */
class Pause {
  readonly #first: number;
  readonly #most: number;
  #seconds: number;
  #until = 0;

  constructor(first: number, most: number) {
    this.#first = first;
    this.#most = most;
    this.#seconds = first;
  }

  over(now: number): boolean {
    return now >= this.#until;
  }

  failed(now: number, most = this.#most): void {
    this.#until = now + this.#seconds;
    this.#seconds = Math.min(most, this.#seconds * 2);
  }

  reset(): void {
    this.#seconds = this.#first;
    this.#until = 0;
  }
}

export class ThreadControl {
  readonly #options: ThreadControlOptions;
  readonly #recent = new Map<string, number[]>();
  readonly #fewer = new Pause(FIRST_PAUSE, MOST_PAUSE);
  readonly #more = new Pause(FIRST_PAUSE, MOST_PAUSE);
  readonly #routine = new Pause(FIRST_ROUTINE_PAUSE, MOST_ROUTINE_PAUSE);
  /** More threads than this have proved useless, and nothing looked disturbed. */
  #ceiling: { readonly threads: number; readonly until: number } | undefined;
  #threads: number;
  #trial: Trial | undefined;
  /** Seconds of the disturbed steps just before. */
  #disturbed: number[] = [];

  constructor(options: ThreadControlOptions) {
    this.#options = options;
    this.#threads = options.most;
  }

  /** The number that has proved best. */
  get threads(): number {
    return this.#threads;
  }

  /** Threads of the next step, which may be a trial. */
  choose(size: number): number {
    if (this.#trial?.size !== size) this.#trial = this.#tryMore(size);
    return this.#trial?.threads ?? this.#threads;
  }

  /** To be called after a pause: what the cores do meanwhile says how many threads have a core. */
  start(): void {
    const idle = this.#options.idleCores();
    if (idle === undefined) return;
    this.#trial = undefined;
    const most = this.#most();
    this.#threads =
      idle > most - 1 + IDLE_CORE / 2 ? most : Math.max(1, Math.min(most, Math.floor(idle + 1 - IDLE_CORE)));
    this.#more.reset();
  }

  observe(step: ThreadedStep): void {
    const { threads, size, seconds } = step;
    const now = this.#options.now();
    const trial = this.#trial;
    if (trial && trial.threads === threads && trial.size === size) {
      trial.seconds.push(seconds);
      this.#remember(threads, size, seconds);
      const tooSlow = seconds > trial.before * SLOWER;
      if (tooSlow || trial.seconds.length >= (this.#options.trialSteps ?? 2)) this.#judge(trial, now);
      return;
    }
    if (threads !== this.#threads) return;
    const best = Math.min(...(this.#recent.get(key(threads, size)) ?? [Infinity]));
    this.#remember(threads, size, seconds);
    if (threads > 1) this.#trial = this.#tryFewer(step, best, now);
  }

  #tryFewer(step: ThreadedStep, best: number, now: number): Trial | undefined {
    const { threads, size, seconds, usedCores } = step;
    const missing = usedCores !== undefined && usedCores < threads - MISSING_CORES;
    this.#disturbed = missing || seconds > best * SLOWER ? [...this.#disturbed, seconds].slice(-2) : [];
    const confirmed = this.#disturbed.length === 2 || seconds > best * COLLAPSED;
    if (confirmed && this.#fewer.over(now)) {
      const left = usedCores === undefined ? threads - 1 : Math.floor(usedCores + 1 - IDLE_CORE);
      const before = Math.min(...this.#disturbed);
      return { threads: Math.max(1, Math.min(threads - 1, left)), size, before, seconds: [] };
    }
    const { routine = true } = this.#options;
    const undisturbed = this.#recent.get(key(threads, size)) ?? [];
    if (!routine || this.#disturbed.length > 0 || !this.#routine.over(now) || undisturbed.length < 2) return undefined;
    return { threads: threads - 1, size, before: median(undisturbed), routine: true, seconds: [] };
  }

  #tryMore(size: number): Trial | undefined {
    const { now, idleCores } = this.#options;
    const most = this.#most();
    if (this.#threads >= most) return undefined;
    const idle = idleCores();
    if (idle !== undefined && idle < IDLE_CORE) {
      this.#more.reset();
      return undefined;
    }
    const before = this.#recent.get(key(this.#threads, size));
    if (!before || !this.#more.over(now())) return undefined;
    const added = idle === undefined ? 1 : Math.max(1, Math.floor(idle + 1 - IDLE_CORE));
    return { threads: Math.min(most, this.#threads + added), size, before: median(before), seconds: [] };
  }

  /** The most that is good for something. */
  #most(): number {
    if (this.#ceiling && this.#options.now() >= this.#ceiling.until) {
      this.#ceiling = undefined;
      this.#routine.reset();
    }
    return this.#ceiling?.threads ?? this.#options.most;
  }

  #judge({ threads, before, routine = false, seconds }: Trial, now: number): void {
    this.#trial = undefined;
    const fewer = threads < this.#threads;
    this.#disturbed = [];
    if (median(seconds) < before * GAIN) {
      this.#threads = threads;
      // What was measured in other company says nothing about this one.
      for (const remembered of this.#recent.keys()) {
        if (!remembered.startsWith(`${threads} `)) this.#recent.delete(remembered);
      }
      this.#fewer.reset();
      this.#more.reset();
      if (fewer) {
        this.#routine.reset();
        this.#more.failed(now);
      }
      if (routine) this.#ceiling = { threads, until: now + CEILING_SECONDS };
    } else if (routine) {
      this.#routine.failed(now);
    } else if (fewer) {
      this.#fewer.failed(now);
    } else {
      this.#more.failed(now, this.#options.idleCores() === undefined ? MOST_BLIND_PAUSE : MOST_PAUSE);
    }
  }

  #remember(threads: number, size: number, seconds: number): void {
    const recent = this.#recent.get(key(threads, size)) ?? [];
    this.#recent.set(key(threads, size), [...recent, seconds].slice(-REMEMBERED));
  }
}

function key(threads: number, size: number): string {
  return `${threads} ${size}`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
}
