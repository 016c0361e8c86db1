import { randomUUID } from "node:crypto";
import { type Delta, type GenerationResult } from "../../engine/engine.js";

/** Builds the objects of one OpenAI answer, which share an id, a time and a model name. */
export class CompletionFormat {
  readonly #id = `chatcmpl-${randomUUID()}`;
  readonly #created = Math.floor(Date.now() / 1000);
  readonly #model: string;
  /** A client that asked for usage gets the field in every chunk, null in all but the last. */
  readonly #includeUsage;

  constructor(model: string, includeUsage = false) {
    this.#model = model;
    this.#includeUsage = includeUsage;
  }

  /** The whole answer of a request that did not ask for a stream. */
  completion(result: GenerationResult) {
    const { content, reasoning, finishReason } = result;
    const message = {
      role: "assistant" as const,
      content,
      ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
      refusal: null,
    };
    return {
      ...this.#head("chat.completion"),
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
      usage: usageOf(result),
    };
  }

  firstChunk() {
    return this.#chunk({ role: "assistant", content: "" }, null);
  }

  deltaChunk({ kind, text }: Delta) {
    return this.#chunk(kind === "content" ? { content: text } : { reasoning_content: text }, null);
  }

  finishChunk({ finishReason }: GenerationResult) {
    return this.#chunk({}, finishReason);
  }

  usageChunk(result: GenerationResult) {
    return { ...this.#head("chat.completion.chunk"), choices: [], usage: usageOf(result) };
  }

  #chunk(delta: Record<string, string>, finishReason: "stop" | "length" | null) {
    return {
      ...this.#head("chat.completion.chunk"),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      ...(this.#includeUsage ? { usage: null } : {}),
    };
  }

  #head<Kind extends string>(object: Kind) {
    return { id: this.#id, object, created: this.#created, model: this.#model };
  }
}

function usageOf({ promptTokens, completionTokens, cachedTokens }: GenerationResult) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
