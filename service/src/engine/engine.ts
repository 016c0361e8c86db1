/**
 * The engine interface: what the HTTP side knows of llama.cpp. Only files in this folder import node-llama-cpp; tests
 * of the HTTP side use a fake that implements this interface.
 */

/** One message of a conversation, in the roles of the OpenAI API (`developer` arrives here as `system`). */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  /** What an assistant has called; as many `tool` messages with the results follow, in this order. */
  readonly toolCalls?: readonly ToolCall[];
}

export interface ToolCall {
  readonly name: string;
  /** A JSON object; of an answer that was cut (`length`) its beginning. */
  readonly arguments: string;
}

/** A function of the client that the model may ask for. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of an object. @default no arguments */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Refuse parameters that no grammar can hold the model to; otherwise any object is taken for those. */
  readonly strict: boolean;
  /** How messages call it, e.g. `tools[0].function`. */
  readonly path: string;
}

export interface ToolUse {
  /** Not empty; no two have the same name. */
  readonly tools: readonly Tool[];
  /** `auto`: the model decides. `required`: it must call one, and with `name` that one. */
  readonly choice: "auto" | "required" | { readonly name: string };
  /** Whether one answer may have several calls. */
  readonly parallel: boolean;
}

/** How the answer is constrained. A schema becomes a grammar; what the grammar cannot express is refused. */
export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | {
      readonly type: "json_schema";
      readonly schema: Readonly<Record<string, unknown>>;
      /** How messages call the schema. @default response_format.json_schema.schema */
      readonly param?: string;
    };

export interface GenerationRequest {
  readonly messages: readonly ChatMessage[];
  /** Most tokens of the answer, reasoning included. With 0 the prompt is read, and nothing is answered. */
  readonly maxTokens: number;
  /** 0 is greedy and deterministic. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 means no limit. */
  readonly topK: number;
  /** Least probability of a token, as a share of the likeliest one's, after `topP`. @default 0 */
  readonly minP?: number;
  /** Divides the score of tokens that the answer has already. @default 1 */
  readonly repeatPenalty?: number;
  /** The same seed, prompt and parameters give the same answer; undefined draws a random one. */
  readonly seed?: number;
  readonly stop: readonly string[];
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** Of what the model says; arguments of calls follow the schema of their tool. */
  readonly responseFormat: ResponseFormat;
  /** @default the model has no tools */
  readonly toolUse?: ToolUse;
}

/** A text that is the same whenever it is asked for: always the likeliest token, and nothing that bends the choice. */
export const GREEDY = {
  temperature: 0,
  topP: 1,
  topK: 0,
  stop: [],
  presencePenalty: 0,
  frequencyPenalty: 0,
  responseFormat: { type: "text" },
} as const satisfies Partial<GenerationRequest>;

/**
 * A piece of the answer. `reasoning` is what a thinking model says before it answers. A `toolCall` begins the call of this
 * index, counted from 0, with the name of the tool as its text, and `arguments` are pieces of its JSON.
 */
export type Delta =
  | { readonly kind: "content" | "reasoning"; readonly text: string }
  | { readonly kind: "toolCall" | "arguments"; readonly index: number; readonly text: string };

export interface GenerationEvents {
  /** Aborting stops the generation within one prompt chunk or token; `generate` then rejects with `signal.reason`. */
  readonly signal: AbortSignal;
  /** Once, before the prompt is read: tokens of the prompt, and how many of them the slot already held. */
  readonly onPrompt?: (prompt: { readonly promptTokens: number; readonly cachedTokens: number }) => void;
  /** After every prompt chunk and every token: the proof of life that the stall detector watches. */
  readonly onProgress?: () => void;
  readonly onDelta?: (delta: Delta) => void;
}

export interface GenerationResult {
  readonly content: string;
  /** Undefined when the model did not think aloud. */
  readonly reasoning?: string;
  /** Undefined when the model called nothing. */
  readonly toolCalls?: readonly ToolCall[];
  /** `tool_calls`: the calls are whole. */
  readonly finishReason: "stop" | "length" | "tool_calls";
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Seconds; `prefill` ends with the first token. */
  readonly prefillSeconds: number;
  readonly decodeSeconds: number;
}

/** The part of a pino logger that the engine uses. */
export interface EngineLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

/** Facts about the loaded model, for `/v1/models`, logs and metrics. */
export interface ModelInfo {
  readonly id: string;
  /** Tokens per slot. */
  readonly contextSize: number;
  readonly trainedContextSize: number;
  readonly fileBytes: number;
  readonly architecture: string;
  readonly threads: number;
  /** From the warm-up, tokens a second; null when too short to say. */
  readonly promptTokensPerSecond: number | null;
  readonly generatedTokensPerSecond: number | null;
}

/** What the engine does at this moment, for metrics. */
export interface EngineStatus {
  /** Threads of each kind of work. */
  readonly threads: { readonly reading: number; readonly generating: number };
  /** Conversations that are kept outside of the slots; undefined where none are. */
  readonly states: StateStatus | undefined;
}

export interface StateStatus {
  readonly states: number;
  readonly bytes: number;
  /** States that were put back into a slot. */
  readonly restored: number;
  /** States that had to make room. */
  readonly evicted: number;
  /** States that could not be written or read. */
  readonly failed: number;
}

export interface Engine {
  readonly model: ModelInfo;
  /** How many `generate` calls may run at once. The caller queues; a call beyond this rejects. */
  readonly slots: number;
  /**
   * Reads the prompt of a request and compiles the grammar of its schema, which needs no slot, and refuses what could not
   * be answered. A later `generate` of the same object does not repeat the work.
   *
   * @throws {PromptTooLongError} when the prompt plus one token does not fit the context of a slot
   * @throws {UnsupportedRequestError} when the chat template refuses the messages or knows no tools, or a schema cannot be
   *   turned into a grammar
   * @throws `signal.reason` when aborted
   */
  prepare(request: GenerationRequest, signal: AbortSignal): Promise<void>;
  /**
   * Generates one answer.
   *
   * @throws what `prepare` throws, unless that has been called
   * @throws `events.signal.reason` when aborted
   */
  generate(request: GenerationRequest, events: GenerationEvents): Promise<GenerationResult>;
  status(): EngineStatus;
  /** Stops everything that runs and frees the model. Idempotent. */
  dispose(): Promise<void>;
}

/** The prompt does not fit the context of one slot. Answered 400 with both numbers. */
export class PromptTooLongError extends Error {
  readonly code = "context_length_exceeded";
  /** @param exact false where `promptTokens` is estimated from the first part of the messages */
  constructor(
    readonly promptTokens: number,
    readonly contextSize: number,
    exact = true,
  ) {
    super(
      `messages have ${exact ? "" : "about "}${promptTokens} tokens, and the context of one slot holds ${contextSize} including at least one token of answer. ` +
        `Shorten the messages, or raise CONTEXT_SIZE.`,
    );
    this.name = "PromptTooLongError";
  }
}

/** The request asks for something that this engine cannot do. Answered 400. */
export class UnsupportedRequestError extends Error {
  readonly code = "unsupported_request";
  constructor(
    /** Path of the offending field, e.g. `response_format.json_schema.schema`. */
    readonly param: string,
    message: string,
  ) {
    super(message);
    this.name = "UnsupportedRequestError";
  }
}
