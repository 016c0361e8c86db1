/**
 * How many prompt tokens a step reads. llama.cpp reads fastest in large pieces, and a piece cannot be interrupted: it is
 * what running answers wait for. So the size follows the measured time of a token and the time that may be spent.
 */
export interface PieceSizeOptions {
  /** What a running answer may wait for its next token, seconds. */
  readonly targetSeconds: number;
  /** Always this many tokens; undefined follows the measurements. */
  readonly fixed?: number | undefined;
}

/** A step that read something. */
export interface ReadingStep {
  readonly promptTokens: number;
  readonly answers: number;
  readonly seconds: number;
}

/** What llama.cpp is given at once, answers included: its compute buffers are made for this. */
export const MOST_STEP_TOKENS = 128;
/** With fewer the step is hardly shorter, and a token costs twice as much as in large pieces. */
const LEAST_PROMPT_TOKENS = 8;
/**
 * What reading may keep a newcomer waiting while no answer is running, seconds; also the one that comes after an abort. On
 * two cores a 3B model is read at 45 tokens a second in such pieces (64), and at 46 in the largest (128).
 */
const ALONE_SECONDS = 1.5;
/** Alone, also where they take longer than that: in pieces of 32 a token costs 15 % more. */
const LEAST_PROMPT_TOKENS_ALONE = 64;
/** Before anything has been measured. */
const FIRST_PROMPT_TOKENS = 16;
/** Weight of the latest measurement. */
const FRESH = 0.5;
/** A step costs as much as so many prompt tokens before it has any: all weights are read once. Measured with 3B. */
const FIXED_TOKENS = 3;

export class PieceSize {
  readonly #options: PieceSizeOptions;
  #secondsPerToken: number | undefined;

  constructor(options: PieceSizeOptions) {
    this.#options = options;
  }

  /**
   * @param answers answers that get a token in the step
   * @param begun answers that have had a token: only they have to get the next one in time
   */
  choose(answers: number, begun = answers): number {
    const { targetSeconds, fixed } = this.#options;
    if (fixed !== undefined) return fixed;
    if (this.#secondsPerToken === undefined) return FIRST_PROMPT_TOKENS;
    const fit = (begun > 0 ? targetSeconds : ALONE_SECONDS) / this.#secondsPerToken - answers - FIXED_TOKENS;
    const most = MOST_STEP_TOKENS - answers;
    const least = begun > 0 ? LEAST_PROMPT_TOKENS : LEAST_PROMPT_TOKENS_ALONE;
    return Math.max(least, Math.min(most, Math.floor(fit)));
  }

  observe(step: ReadingStep): void {
    const measured = secondsPerToken(step);
    this.#secondsPerToken =
      this.#secondsPerToken === undefined ? measured : FRESH * measured + (1 - FRESH) * this.#secondsPerToken;
  }
}

/** About the same for pieces of all sizes. */
export function secondsPerToken({ promptTokens, answers, seconds }: ReadingStep): number {
  return seconds / (promptTokens + answers + FIXED_TOKENS);
}
