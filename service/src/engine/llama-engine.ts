/**
 * The engine on llama.cpp: its own decode loop, because the chat classes of the binding read a prompt in one piece that
 * neither an abort signal nor the other answers can interrupt. Here all native work goes through the step loop.
 */
import { randomInt } from "node:crypto";

import { type Llama, type LlamaContext, type LlamaGrammar, type LlamaModel, type Token } from "node-llama-cpp";

import { type NativeContext, type Sampler } from "./binding-internals.js";
import { type ChatPrompt } from "./chat-prompt.js";
import { type CoreWatch } from "./core-watch.js";
import {
  type Engine,
  type EngineStatus,
  type GenerationEvents,
  type GenerationRequest,
  type GenerationResult,
  GREEDY,
  type ModelInfo,
  PromptTooLongError,
  type ToolUse,
} from "./engine.js";
import { generateAnswer } from "./generation.js";
import { type Constraint, GrammarCache } from "./grammar-cache.js";
import { type MeasuredPace } from "./pace.js";
import { type Prompt, PromptReader, vocabularyOf } from "./prompt-reader.js";
import { type Slot, SlotPool } from "./slot-pool.js";
import { prepareSlot } from "./slot-preparation.js";
import { type StateStore } from "./state-store.js";
import { StepLoop } from "./step-loop.js";
import { Turns } from "./turns.js";

export interface LlamaParts {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly native: NativeContext;
  readonly prompt: ChatPrompt;
  readonly pace: MeasuredPace;
  readonly cores: CoreWatch;
  readonly states: StateStore | undefined;
  /** Tokens that are no whole characters: constrained answers do without them. */
  readonly brokenCharacters: Uint32Array;
}

export interface LlamaEngineOptions {
  readonly slots: number;
  /** Prompts are always cut at multiples of so many tokens; undefined lets the pace decide. */
  readonly fixedPiece: number | undefined;
}

/** What a request needs before it has a slot. */
interface Prepared {
  readonly prompt: Prompt;
  /** Undefined for text that is free at its beginning. */
  readonly grammar: LlamaGrammar | undefined;
}

const WARM_UP: GenerationRequest = {
  messages: [{ role: "user", content: "Is the kettle on? ".repeat(8) }],
  maxTokens: 5,
  ...GREEDY,
};

/** A seed of llama.cpp that means "random": a request that asks for it gets its neighbour. */
const RANDOM_SEED = 0xffffffff;

export class LlamaEngine implements Engine {
  readonly #parts: LlamaParts;
  readonly #options: LlamaEngineOptions;
  readonly #grammars: GrammarCache;
  readonly #reader: PromptReader;
  readonly #prepared = new WeakMap<GenerationRequest, Prepared>();
  readonly #pool: SlotPool;
  readonly #loop: StepLoop<Sampler>;
  readonly #running = new Map<AbortController, Promise<unknown>>();
  #model: ModelInfo;
  #disposal: Promise<void> | undefined;

  constructor(parts: LlamaParts, model: ModelInfo, options: LlamaEngineOptions) {
    this.#parts = parts;
    this.#model = model;
    this.#options = options;
    const turns = new Turns();
    this.#grammars = new GrammarCache(parts.llama, parts.model, turns);
    this.#reader = new PromptReader(parts.prompt, vocabularyOf(parts.model), model.contextSize, turns);
    this.#pool = new SlotPool(options.slots);
    parts.cores.start();
    this.#loop = new StepLoop({
      evaluate: (pieces, threads) => parts.native.evaluate(pieces, threads),
      pace: parts.pace,
    });
  }

  get model(): ModelInfo {
    return this.#model;
  }

  get slots(): number {
    return this.#pool.size;
  }

  status(): EngineStatus {
    return { threads: this.#parts.pace.threads, states: this.#parts.states?.status() };
  }

  async prepare(request: GenerationRequest, signal: AbortSignal): Promise<void> {
    this.#prepared.set(request, await this.#read(request, signal));
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
    const result = await this.generate(WARM_UP, { signal });
    const { promptTokens, prefillSeconds, completionTokens, decodeSeconds } = result;
    this.#model = {
      ...this.#model,
      promptTokensPerSecond: promptTokens / prefillSeconds,
      generatedTokensPerSecond: completionTokens > 1 ? (completionTokens - 1) / decodeSeconds : null,
    };
  }

  /** Reads what all prompts with this system message begin with, and never forgets it. */
  async remember(system: string, signal: AbortSignal): Promise<void> {
    const beginning = await this.#reader.readBeginning(system, signal).catch((error: unknown) => {
      // No request could use a beginning that a small context cannot hold.
      if (error instanceof PromptTooLongError) return [];
      throw error;
    });
    if (beginning.length === 0) return;
    const slot = this.#pool.take(beginning);
    if (!slot) return;
    const lane = this.#loop.join(slot.sequence);
    try {
      const known = await lane.alone(() => this.#prepare(slot, beginning), signal);
      await lane.read(beginning.slice(known), signal, () => undefined);
      await lane.alone(async () => this.#parts.states?.keep(slot.sequence, { pinned: true }), signal);
    } finally {
      slot.release();
      void lane.leave();
    }
  }

  async #generate(
    request: GenerationRequest,
    events: GenerationEvents,
    signal: AbortSignal,
  ): Promise<GenerationResult> {
    signal.throwIfAborted();
    if (this.#disposal) throw new Error("the engine has been disposed of");
    const { prompt, grammar } = this.#prepared.get(request) ?? (await this.#read(request, signal));
    const constraint = grammar && this.#grammars.constraint(grammar);
    const slot = this.#pool.take(prompt.tokens);
    if (!slot) throw new Error(`all ${this.slots} slots are busy: the caller has to queue`);
    const lane = this.#loop.join(slot.sequence);
    // The last token is never read back, so this many still fit without shifting the context.
    const most = Math.min(request.maxTokens, this.#model.contextSize - prompt.tokens.length);
    const seed = validSeed(request.seed);
    const samplers: Sampler[] = [];
    const sampler = (held: Constraint | undefined): Sampler => {
      const made = this.#parts.native.sampler({
        ...request,
        seed,
        penaltyWindow: most,
        grammar: held?.state,
        forbidden: held ? this.#parts.brokenCharacters : new Uint32Array(),
      });
      samplers.push(made);
      return made;
    };
    const constrainCalls = async (toolUse: ToolUse, written: string): Promise<Constraint> =>
      this.#grammars.constraint(await this.#grammars.compileCalls(toolUse, written));
    try {
      const { model, prompt: template } = this.#parts;
      return await generateAnswer({
        ...{ request, events, signal, prompt, constraint, constrainCalls, lane, sampler, most, model },
        reasoning: template.reasoning,
        prepareSlot: () => this.#prepare(slot, prompt.tokens),
      });
    } finally {
      // The next request in the slot waits for a step that is still under way.
      slot.release();
      void lane.leave().then(() => samplers.forEach((made) => made.dispose()));
    }
  }

  async #read(request: GenerationRequest, signal: AbortSignal): Promise<Prepared> {
    const grammar = await this.#grammars.compile(request);
    return { prompt: await this.#reader.read(request, signal), grammar };
  }

  #prepare(slot: Slot, prompt: readonly Token[]): Promise<number> {
    const { native: memory, states } = this.#parts;
    return prepareSlot({ memory, states }, slot, prompt, this.#options.fixedPiece);
  }

  async #dispose(): Promise<void> {
    for (const controller of this.#running.keys()) controller.abort(new Error("the engine is being disposed of"));
    await Promise.allSettled(this.#running.values());
    await this.#loop.idle();
    this.#parts.cores.stop();
    await this.#parts.states?.close(this.#pool.sequences);
    await this.#parts.context.dispose();
    await this.#parts.model.dispose();
    await this.#parts.llama.dispose();
  }
}

function validSeed(seed: number | undefined): number {
  if (seed === undefined) return randomInt(RANDOM_SEED);
  return ((Math.trunc(seed) % RANDOM_SEED) + RANDOM_SEED) % RANDOM_SEED;
}
