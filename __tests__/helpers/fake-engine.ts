import {
  type Engine,
  type EngineStatus,
  type GenerationEvents,
  type GenerationRequest,
  type GenerationResult,
  type ModelInfo,
} from "../../service/src/engine/engine";

/** How one `generate` call behaves; every field has a quick and successful default. */
export interface FakeAnswer {
  /** Pieces of the answer, in order. @default ["Hello", " there"] */
  readonly pieces?: readonly string[];
  readonly reasoning?: readonly string[];
  readonly finishReason?: "stop" | "length";
  readonly promptTokens?: number;
  readonly cachedTokens?: number;
  /** Thrown by `prepare`. */
  readonly refuse?: Error;
  /** Thrown after the pieces. */
  readonly fail?: Error;
  /** The prompt is being read until this resolves. */
  readonly prefill?: Promise<unknown>;
  /** The answer pauses after its pieces until this resolves. */
  readonly hold?: Promise<unknown>;
  /** Stay deaf to the signal, as a wedged native call would. */
  readonly ignoreAbort?: boolean;
}

/** An engine without a model. It enforces what the real one does: no more calls at once than it has slots. */
export class FakeEngine implements Engine {
  readonly model: ModelInfo;
  /** Every request that reached the engine, in order. */
  readonly requests: GenerationRequest[] = [];
  running = 0;
  peak = 0;
  /** Calls that ended because their signal was aborted. */
  aborted = 0;
  disposed = false;

  constructor(
    readonly slots = 2,
    public answer: FakeAnswer | ((request: GenerationRequest, index: number) => FakeAnswer) = {},
    id = "fake-model",
  ) {
    this.model = {
      id,
      contextSize: 4096,
      trainedContextSize: 32_768,
      fileBytes: 1_000_000,
      architecture: "fake",
      threads: 2,
      promptTokensPerSecond: 50,
      generatedTokensPerSecond: 17,
    };
  }

  prepare(request: GenerationRequest): Promise<void> {
    const { refuse } = this.#answerTo(request, this.requests.length);
    return refuse === undefined ? Promise.resolve() : Promise.reject(refuse);
  }

  async generate(request: GenerationRequest, events: GenerationEvents): Promise<GenerationResult> {
    if (this.running >= this.slots) throw new Error(`generate was called beyond ${this.slots} slots`);
    const index = this.requests.push(request) - 1;
    const answer = this.#answerTo(request, index);
    this.running += 1;
    this.peak = Math.max(this.peak, this.running);
    try {
      return await this.#play(answer, events);
    } catch (error) {
      if (events.signal.aborted) this.aborted += 1;
      throw error;
    } finally {
      this.running -= 1;
    }
  }

  status(): EngineStatus {
    return {
      threads: { reading: 2, generating: 1 },
      states: { states: 3, bytes: 1000, restored: 4, evicted: 5, failed: 6 },
    };
  }

  dispose(): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }

  #answerTo(request: GenerationRequest, index: number): FakeAnswer {
    return typeof this.answer === "function" ? this.answer(request, index) : this.answer;
  }

  async #play(answer: FakeAnswer, events: GenerationEvents): Promise<GenerationResult> {
    const { pieces = ["Hello", " there"], reasoning = [], promptTokens = 7, cachedTokens = 0 } = answer;
    const pause = (until: Promise<unknown>) => (answer.ignoreAbort ? until : unlessAborted(until, events.signal));
    await pause(nextTurn());
    events.onPrompt?.({ promptTokens, cachedTokens });
    events.onProgress?.();
    if (answer.prefill !== undefined) await pause(answer.prefill);
    for (const [kind, texts] of [
      ["reasoning", reasoning],
      ["content", pieces],
    ] as const) {
      for (const text of texts) {
        await pause(nextTurn());
        events.onProgress?.();
        events.onDelta?.({ kind, text });
      }
    }
    if (answer.hold !== undefined) await pause(answer.hold);
    if (answer.fail !== undefined) throw answer.fail;
    return {
      content: pieces.join(""),
      ...(reasoning.length > 0 ? { reasoning: reasoning.join("") } : {}),
      finishReason: answer.finishReason ?? "stop",
      promptTokens,
      cachedTokens,
      completionTokens: pieces.length + reasoning.length,
      prefillSeconds: 0.01,
      decodeSeconds: 0.02,
    };
  }
}

/** A promise with its handle outside: `hold` and `prefill` of a fake answer. */
export function gate(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function unlessAborted(until: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([until, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
