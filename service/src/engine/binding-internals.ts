/**
 * The only place that uses what node-llama-cpp does not promise to keep: the native context below its sequences.
 * `__tests__/service/engine/binding-internals.test.ts` holds the pinned version to it and fails when an update changes it.
 *
 * Why below: the public sequences evaluate one by one behind two locks, build the sampler again for every token and
 * sort the whole vocabulary where no limit was asked for (docs/engine.md has the figures). Here one call evaluates a
 * whole step of all answers.
 */
import { type LlamaContext, type LlamaGrammar, type LlamaGrammarEvaluationState } from "node-llama-cpp";

/** The version that this was written for and is tested with. */
export const TESTED_VERSION = "3.22.1";

/** Draws tokens for one answer; it remembers the answer for penalties and its place in a grammar. */
export interface Sampler {
  /** Must not be called while a step that uses it is under way. */
  dispose(): void;
}

export interface SamplerOptions {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 means no limit. */
  readonly topK: number;
  /** @default 0 */
  readonly minP?: number;
  /** 0 to 2^32 - 2. */
  readonly seed: number;
  /** @default 1 */
  readonly repeatPenalty?: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** Tokens of the answer that the penalties look back on. */
  readonly penaltyWindow: number;
  readonly grammar: LlamaGrammarEvaluationState | undefined;
  /** Tokens that must not be drawn. */
  readonly forbidden: Uint32Array;
}

/** A run of tokens that goes into a sequence. */
export interface Piece {
  readonly sequence: number;
  /** Where in the sequence the first token goes. */
  readonly position: number;
  readonly tokens: readonly number[];
  /** Draws the token after the last of these. */
  readonly sampler?: Sampler | undefined;
}

interface NativeSampler extends Sampler {
  applyConfig(config: object): void;
}

interface Native {
  initBatch(tokens: number): void;
  addToBatch(sequence: number, position: number, tokens: Uint32Array, outputs: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  sampleToken(output: number, sampler: Sampler): Promise<number>;
  setThreads(threads: number): void;
  disposeSequence(sequence: number): void;
  removeTokenCellsFromSequence(sequence: number, from: number, to: number): boolean;
  copySequenceStateFromOtherSequence(to: number, from: number): Promise<number>;
  saveSequenceStateToFile(path: string, sequence: number, tokens: Uint32Array): Promise<number>;
  loadSequenceStateFromFile(path: string, sequence: number, mostTokens: number): Promise<Uint32Array>;
}

interface ContextInternals {
  readonly _ctx: Native;
}

interface ModelInternals {
  readonly _model: object;
  readonly _llama: { readonly _bindings: { readonly AddonSampler: new (model: object) => NativeSampler } };
}

/** Calls must not overlap: the caller (`StepLoop`) runs one step at a time. */
export class NativeContext {
  readonly #native: Native;
  readonly #model: ModelInternals;
  readonly #contextSize: number;
  /** Recurrent models keep a state that cannot be cut back to a beginning. */
  readonly #cuttable: boolean;

  constructor(context: LlamaContext) {
    this.#native = (context as unknown as ContextInternals)._ctx;
    this.#model = context.model as unknown as ModelInternals;
    this.#contextSize = context.contextSize;
    const { isRecurrent, isHybrid } = context.model.fileInsights;
    this.#cuttable = !isRecurrent && !isHybrid;
  }

  sampler(options: SamplerOptions): Sampler {
    const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty, penaltyWindow } = options;
    const { grammar, forbidden, minP = 0, repeatPenalty = 1 } = options;
    const sampler = new this.#model._llama._bindings.AddonSampler(this.#model._model);
    // What is left out is switched off. A limit of the whole vocabulary would sort it for every token.
    sampler.applyConfig({
      temperature,
      seed,
      ...(topK > 0 && { topK }),
      ...(topP < 1 && { topP }),
      ...(minP > 0 && { minP }),
      ...((repeatPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0) && {
        repeatPenalty,
        repeatPenaltyTokens: new Uint32Array(),
        repeatPenaltyMaxTokens: penaltyWindow,
        repeatPenaltyPresencePenalty: presencePenalty,
        repeatPenaltyFrequencyPenalty: frequencyPenalty,
      }),
      ...(grammar && { grammarEvaluationState: (grammar as unknown as { readonly _state: object })._state }),
      ...(forbidden.length > 0 && {
        tokenBiasKeys: forbidden,
        tokenBiasValues: new Float32Array(forbidden.length).fill(-Infinity),
      }),
    });
    return sampler;
  }

  /**
   * Evaluates all pieces in one batch, in the order of their sequences: llama.cpp computes only those together whose
   * numbers follow each other in the batch, and reads all weights again for each other one.
   *
   * @returns the token that each sampler drew, undefined for pieces without one
   */
  async evaluate(pieces: readonly Piece[], threads: number): Promise<(number | undefined)[]> {
    this.#native.setThreads(threads);
    this.#native.initBatch(pieces.reduce((sum, { tokens }) => sum + tokens.length, 0));
    const outputs = new Map<Piece, number | undefined>();
    for (const piece of [...pieces].sort((a, b) => a.sequence - b.sequence)) {
      const { sequence, position, tokens, sampler } = piece;
      const wanted = Uint32Array.from(sampler ? [tokens.length - 1] : []);
      outputs.set(piece, this.#native.addToBatch(sequence, position, Uint32Array.from(tokens), wanted)[0]);
    }
    await this.#native.decodeBatch();
    return Promise.all(
      pieces.map(async (piece) => {
        const { sampler } = piece;
        const output = outputs.get(piece);
        if (!sampler || output === undefined) return undefined;
        const token = await this.#native.sampleToken(output, sampler);
        if (token < 0) throw new Error("llama.cpp drew no token: the model or its grammar leaves none");
        return token;
      }),
    );
  }

  /** Forgets all but the first `length` tokens. @returns the tokens that are left: 0 where a model cannot be cut */
  truncate(sequence: number, length: number): number {
    if (length > 0 && this.#cuttable && this.#native.removeTokenCellsFromSequence(sequence, length, -1)) return length;
    this.#native.disposeSequence(sequence);
    return 0;
  }

  /** Gives `to` the keys and values of `from`. @returns false when it did not work and `to` has to be cleared */
  async copy(from: number, to: number, length: number): Promise<boolean> {
    if (!this.#cuttable) return false;
    const last = await this.#native.copySequenceStateFromOtherSequence(to, from);
    return last === length - 1;
  }

  /** @returns the bytes written */
  save(sequence: number, tokens: readonly number[], path: string): Promise<number> {
    return this.#native.saveSequenceStateToFile(path, sequence, Uint32Array.from(tokens));
  }

  /**
   * The file must come from the same model and the same build: llama.cpp checks little of it. After a failure the
   * sequence may hold anything and has to be cleared.
   */
  async load(sequence: number, path: string): Promise<number[]> {
    return Array.from(await this.#native.loadSequenceStateFromFile(path, sequence, this.#contextSize));
  }
}

/** True when the text is a whole one of the grammar: not merely the beginning of one. */
export function grammarAccepts(grammar: LlamaGrammar, text: string): boolean {
  return (grammar as unknown as { _testText(text: string): boolean })._testText(text);
}
