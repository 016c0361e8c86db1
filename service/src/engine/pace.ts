/**
 * Chooses for every step how much of a prompt it reads and with how many threads, from what the steps before it took.
 */
import { type CoreWatch } from "./core-watch.js";
import { type EngineLogger } from "./engine.js";
import { PieceSize, secondsPerToken } from "./piece-size.js";
import { type MeasuredStep, type Pace, type StepCompany, type StepPlan } from "./step.js";
import { ThreadControl } from "./thread-control.js";

export interface MeasuredPaceOptions {
  /** Most threads that have a core. */
  readonly threads: number;
  /** False keeps that number. */
  readonly followMachine: boolean;
  /** What a running answer may wait for its next token, seconds. */
  readonly targetSeconds: number;
  /** Prompt tokens of every step; undefined follows the measurements. */
  readonly fixedPiece: number | undefined;
  readonly cores: Pick<CoreWatch, "idleCores">;
  readonly logger: EngineLogger;
  /** Seconds. @default performance.now() / 1000 */
  readonly now?: () => number;
  /** Processor seconds of this process so far. @default process.cpuUsage() */
  readonly processorSeconds?: () => number;
}

export interface Threads {
  readonly reading: number;
  readonly generating: number;
}

/** Reading is compared by the token. Smaller pieces are compared among themselves: a token of them may cost half as much again. */
const LARGE_PIECE = 16;
/** After so long without a step, seconds, the machine is looked at anew. */
const IDLE_SECONDS = 1.5;

export class MeasuredPace implements Pace {
  readonly #options: MeasuredPaceOptions;
  readonly #now: () => number;
  readonly #processorSeconds: () => number;
  readonly #piece: PieceSize;
  readonly #reading: ThreadControl;
  readonly #generating: ThreadControl;
  #lastStep: number;
  #processorBefore = 0;
  #logged: Threads;

  constructor(options: MeasuredPaceOptions) {
    const { threads: most, targetSeconds, fixedPiece: fixed, cores } = options;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now() / 1000);
    this.#processorSeconds = options.processorSeconds ?? processorSeconds;
    this.#piece = new PieceSize({ targetSeconds, fixed });
    const control = { most, now: this.#now, idleCores: () => cores.idleCores() };
    // A piece of a prompt takes long, and says more than a token. Reading is bound by computing: an undisturbed thread
    // less never makes it faster, and the trial takes twice as long.
    this.#reading = new ThreadControl({ ...control, trialSteps: 1, routine: false });
    this.#generating = new ThreadControl(control);
    this.#logged = this.threads;
    this.#lastStep = this.#now();
  }

  /** Threads that have proved best for each kind of work. */
  get threads(): Threads {
    return { reading: this.#reading.threads, generating: this.#generating.threads };
  }

  plan({ reading, answers, begun }: StepCompany): StepPlan {
    const { followMachine, threads } = this.#options;
    const share = {
      promptTokens: reading > 0 ? this.#piece.choose(answers, begun) : 0,
      aligned: this.#options.fixedPiece !== undefined,
    };
    if (!followMachine) return { ...share, threads };
    if (this.#now() - this.#lastStep > IDLE_SECONDS) {
      this.#reading.start();
      this.#generating.start();
    }
    this.#processorBefore = this.#processorSeconds();
    const chosen = reading > 0 ? this.#reading.choose(sizeClass(share.promptTokens)) : this.#generating.choose(answers);
    return { ...share, threads: chosen };
  }

  observe(step: MeasuredStep): void {
    const { threads, promptTokens, answers, seconds } = step;
    this.#lastStep = this.#now();
    if (promptTokens > 0) this.#piece.observe(step);
    if (!this.#options.followMachine) return;
    const usedCores = seconds > 0 ? (this.#processorSeconds() - this.#processorBefore) / seconds : undefined;
    if (promptTokens > 0) {
      const size = sizeClass(promptTokens);
      this.#reading.observe({ threads, size, seconds: secondsPerToken(step), usedCores });
    } else {
      this.#generating.observe({ threads, size: answers, seconds, usedCores });
    }
    this.#log();
  }

  #log(): void {
    const { reading, generating } = this.threads;
    if (reading === this.#logged.reading && generating === this.#logged.generating) return;
    this.#logged = { reading, generating };
    this.#options.logger.info(
      { reading, generating, most: this.#options.threads, idleCores: this.#options.cores.idleCores() },
      "threads follow the machine",
    );
  }
}

/** Pieces of one class are comparable. */
function sizeClass(promptTokens: number): number {
  return promptTokens < LARGE_PIECE ? 0 : 1;
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
