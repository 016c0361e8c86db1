/**
 * The engine on llama.cpp: its own decode loop over the public sequence interface of node-llama-cpp.
 *
 * The chat classes of the binding are not used: they read a prompt in one piece that neither an abort signal nor the
 * other sequences can interrupt. Here every piece of native work goes through the step scheduler, and the signal is
 * looked at between any two pieces.
 */
import { randomInt } from "node:crypto";

import {
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaModel,
  type SequenceEvaluateOptions,
  type Token,
  type TokenBias,
} from "node-llama-cpp";

import { Answer } from "./answer.js";
import { type ChatPrompt } from "./chat-prompt.js";
import {
  type Engine,
  type GenerationEvents,
  type GenerationRequest,
  type GenerationResult,
  type ModelInfo,
} from "./engine.js";
import { type Constraint, GrammarCache } from "./grammar-cache.js";
import { type Prompt, PromptReader, type Vocabulary } from "./prompt-reader.js";
import { prepareSlot, PROMPT_PIECE, type Slot, SlotPool } from "./slot-pool.js";
import { type Lane, StepScheduler, type WorkKind } from "./step-scheduler.js";

export interface LlamaParts {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly prompt: ChatPrompt;
  /** Applied together with every grammar. */
  readonly wholeCharacters: TokenBias;
}

/** What one generation works with once it has its slot. */
interface Running {
  readonly slot: Slot;
  readonly lane: Lane;
  readonly signal: AbortSignal;
  readonly onProgress: () => void;
}

/** A seed of llama.cpp that means "random": a request that asks for it gets its neighbour. */
const RANDOM_SEED = 0xffffffff;

export class LlamaEngine implements Engine {
  readonly #parts: LlamaParts;
  readonly #pool: SlotPool;
  readonly #grammars: GrammarCache;
  readonly #reader: PromptReader;
  readonly #prompts = new WeakMap<GenerationRequest, Prompt>();
  readonly #scheduler = new StepScheduler();
  readonly #running = new Map<AbortController, Promise<unknown>>();
  #model: ModelInfo;
  #disposal: Promise<void> | undefined;

  constructor(parts: LlamaParts, model: ModelInfo, slots: number) {
    this.#parts = parts;
    this.#model = model;
    this.#grammars = new GrammarCache(parts.llama, parts.model);
    this.#reader = new PromptReader(parts.prompt, vocabularyOf(parts.model), model.contextSize);
    this.#pool = new SlotPool(Array.from({ length: slots }, () => parts.context.getSequence()));
  }

  get model(): ModelInfo {
    return this.#model;
  }

  get slots(): number {
    return this.#pool.size;
  }

  async prepare(request: GenerationRequest, signal: AbortSignal): Promise<void> {
    this.#prompts.set(request, await this.#reader.read(request, signal));
  }

  generate(request: GenerationRequest, events: GenerationEvents): Promise<GenerationResult> {
    const controller = new AbortController();
    const forward = (): void => controller.abort(events.signal.reason);
    if (events.signal.aborted) forward();
    else events.signal.addEventListener("abort", forward, { once: true });
    const generation = this.#generate(request, events, controller.signal).finally(() => {
      events.signal.removeEventListener("abort", forward);
      this.#running.delete(controller);
    });
    this.#running.set(controller, generation);
    return generation;
  }

  dispose(): Promise<void> {
    return (this.#disposal ??= this.#dispose());
  }

  /** Reads a short prompt and generates a few tokens; the first real work also pages everything in. */
  async warmUp(signal: AbortSignal): Promise<void> {
    const result = await this.generate(
      {
        messages: [{ role: "user", content: "Is the kettle on? ".repeat(8) }],
        maxTokens: 5,
        temperature: 0,
        topP: 1,
        topK: 0,
        stop: [],
        presencePenalty: 0,
        frequencyPenalty: 0,
        responseFormat: { type: "text" },
      },
      { signal },
    );
    const { promptTokens, prefillSeconds, completionTokens, decodeSeconds } = result;
    this.#model = {
      ...this.#model,
      promptTokensPerSecond: promptTokens / prefillSeconds,
      generatedTokensPerSecond: completionTokens > 1 ? (completionTokens - 1) / decodeSeconds : null,
    };
  }

  async #generate(
    request: GenerationRequest,
    events: GenerationEvents,
    signal: AbortSignal,
  ): Promise<GenerationResult> {
    signal.throwIfAborted();
    if (this.#disposal) throw new Error("the engine has been disposed of");
    const constraint = await this.#grammars.constraint(request.responseFormat);
    const prompt = this.#prompts.get(request) ?? (await this.#reader.read(request, signal));
    const slot = this.#pool.take(prompt.tokens);
    if (!slot) throw new Error(`all ${this.slots} slots are busy: the caller has to queue`);
    const lane = this.#scheduler.join();
    try {
      const running = { slot, lane, signal, onProgress: () => events.onProgress?.() };
      return await this.#answer(request, events, prompt, constraint, running);
    } finally {
      lane.leave();
      slot.release();
    }
  }

  async #answer(
    request: GenerationRequest,
    events: GenerationEvents,
    prompt: Prompt,
    constraint: Constraint | undefined,
    running: Running,
  ): Promise<GenerationResult> {
    const started = performance.now();
    const { model, prompt: template, wholeCharacters } = this.#parts;
    const answer = new Answer({
      detokenize: (tokens, before) => model.detokenize(tokens as Token[], false, before as Token[]),
      // JSON may speak of the marks of a thought without being one.
      reasoning: constraint ? undefined : template.reasoning,
      reasoningOpen: prompt.reasoningOpen,
      stop: request.stop,
      onDelta: events.onDelta,
    });
    const { cachedTokens, lastPiece } = await readPrompt(prompt.tokens, running, events);
    // The last token is never read back, so this many still fit without shifting the context.
    const most = Math.min(request.maxTokens, this.#model.contextSize - prompt.tokens.length);
    const generated: Token[] = [];
    const tokens = generate(running, lastPiece, samplerOptions(request, generated, most, constraint, wholeCharacters));
    let firstToken = started;
    let finishReason: GenerationResult["finishReason"] = "length";
    let ended = false;
    for await (const token of tokens) {
      if (generated.length === 0) firstToken = performance.now();
      if (model.isEogToken(token)) {
        ended = true;
        break;
      }
      generated.push(token);
      if (answer.push(token)) {
        finishReason = "stop";
        break;
      }
      if (generated.length >= most) break;
    }
    answer.end();
    // Where the grammar leaves no token a model ends all the same, and that is not a whole answer.
    if (ended && (constraint?.accepts(answer.content) ?? true)) finishReason = "stop";
    const { content, reasoning } = answer;
    return {
      content,
      ...(reasoning === undefined ? {} : { reasoning }),
      finishReason,
      promptTokens: prompt.tokens.length,
      cachedTokens,
      completionTokens: generated.length,
      prefillSeconds: (firstToken - started) / 1000,
      decodeSeconds: (performance.now() - firstToken) / 1000,
    };
  }

  async #dispose(): Promise<void> {
    for (const controller of this.#running.keys()) controller.abort(new Error("the engine is being disposed of"));
    await Promise.allSettled(this.#running.values());
    await this.#parts.context.dispose();
    await this.#parts.model.dispose();
    await this.#parts.llama.dispose();
  }
}

function vocabularyOf(model: LlamaModel): Vocabulary {
  const { bos, shouldPrependBosToken } = model.tokens;
  return {
    tokenize: (text, special, continues) => model.tokenize(text, special, continues ? "trimLeadingSpace" : undefined),
    bos: shouldPrependBosToken ? bos : null,
  };
}

/** Reads all of the prompt but its last piece, which is read together with the first sampling. */
async function readPrompt(
  prompt: readonly Token[],
  { slot, lane, signal, onProgress }: Running,
  events: GenerationEvents,
): Promise<{ cachedTokens: number; lastPiece: Token[] }> {
  const cachedTokens = await lane.run("exclusive", () => prepareSlot(slot, prompt), signal);
  signal.throwIfAborted();
  events.onPrompt?.({ promptTokens: prompt.length, cachedTokens });
  let read = cachedTokens;
  for (;;) {
    const end = (Math.floor(read / PROMPT_PIECE) + 1) * PROMPT_PIECE;
    const piece = prompt.slice(read, end);
    if (end >= prompt.length) return { cachedTokens, lastPiece: piece };
    await lane.run("prompt", () => slot.sequence.evaluateWithoutGeneratingNewTokens(piece), signal);
    signal.throwIfAborted();
    onProgress();
    read = end;
  }
}

/** Reads the last piece of the prompt, then yields one token a step. The caller stops it by leaving the loop. */
async function* generate(
  { slot, lane, signal, onProgress }: Running,
  lastPiece: Token[],
  options: SequenceEvaluateOptions,
): AsyncGenerator<Token, void, void> {
  const tokens: ReturnType<LlamaContextSequence["evaluate"]> = slot.sequence.evaluate(lastPiece, options);
  try {
    let kind: WorkKind = "prompt";
    for (;;) {
      const { value, done } = await lane.run(kind, () => tokens.next(), signal);
      signal.throwIfAborted();
      onProgress();
      if (done) return;
      kind = "token";
      yield value;
    }
  } finally {
    await tokens.return();
  }
}

function samplerOptions(
  { temperature, topP, topK, seed, presencePenalty, frequencyPenalty }: GenerationRequest,
  generated: Token[],
  most: number,
  constraint: Constraint | undefined,
  wholeCharacters: TokenBias,
): SequenceEvaluateOptions {
  const penalised = presencePenalty !== 0 || frequencyPenalty !== 0;
  return {
    temperature,
    topP,
    topK,
    minP: 0,
    seed: seed === undefined ? randomInt(RANDOM_SEED) : ((Math.trunc(seed) % RANDOM_SEED) + RANDOM_SEED) % RANDOM_SEED,
    yieldEogToken: true,
    ...(penalised && {
      repeatPenalty: {
        punishTokens: () => generated,
        penalty: 1,
        presencePenalty,
        frequencyPenalty,
        maxPunishTokens: most,
      },
    }),
    ...(constraint && { grammarEvaluationState: constraint.state, tokenBias: wholeCharacters }),
  };
}
