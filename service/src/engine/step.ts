/** What a step of all answers is made of, how it is planned, and what it took. */
import { type PromptShare } from "./step-composition.js";

/** A sequence of the context and the tokens whose keys and values it holds. */
export interface Sequence {
  readonly id: number;
  readonly tokens: number[];
}

export interface PieceToEvaluate<Sampler> {
  readonly sequence: number;
  readonly position: number;
  readonly tokens: readonly number[];
  readonly sampler: Sampler | undefined;
}

/** How the next step is taken. */
export interface StepPlan extends PromptShare {
  readonly threads: number;
}

/** What a step was and what it took. */
export interface MeasuredStep {
  readonly threads: number;
  /** Prompt tokens that were read; 0 for a step that only generated. */
  readonly promptTokens: number;
  /** Answers that got a token. */
  readonly answers: number;
  readonly seconds: number;
}

/** Who takes part in a step. */
export interface StepCompany {
  /** Prompts that are being read. */
  readonly reading: number;
  /** Answers that get a token. */
  readonly answers: number;
  /** Answers that have had a token: someone sees them stop while a prompt is read, also where they get none in this step. */
  readonly begun: number;
}

export interface Pace {
  plan(step: StepCompany): StepPlan;
  observe(step: MeasuredStep): void;
}
