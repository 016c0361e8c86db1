import { randomUUID } from "node:crypto";
import { type z } from "zod";
import { type Delta, type GenerationResult } from "../../engine/engine.js";
import { type ChunkDelta, type chunkSchema, type completionSchema } from "./answer-schemas.js";

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
  completion(result: GenerationResult): z.infer<typeof completionSchema> {
    const { content, reasoning, toolCalls, finishReason } = result;
    const message = {
      role: "assistant" as const,
      content: content === "" && toolCalls !== undefined ? null : content,
      ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
      ...(toolCalls === undefined
        ? {}
        : {
            tool_calls: toolCalls.map((call, index) => ({
              id: this.#callId(index),
              type: "function" as const,
              function: call,
            })),
          }),
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

  deltaChunk(delta: Delta) {
    return this.#chunk(this.#toDelta(delta), null);
  }

  finishChunk({ finishReason }: GenerationResult) {
    return this.#chunk({}, finishReason);
  }

  usageChunk(result: GenerationResult) {
    return { ...this.#head("chat.completion.chunk"), choices: [], usage: usageOf(result) };
  }

  #toDelta(delta: Delta): ChunkDelta {
    switch (delta.kind) {
      case "content":
        return { content: delta.text };
      case "reasoning":
        return { reasoning_content: delta.text };
      case "toolCall": {
        const { index, text: name } = delta;
        const id = this.#callId(index);
        return { tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] };
      }
      case "arguments":
        return { tool_calls: [{ index: delta.index, function: { arguments: delta.text } }] };
    }
  }

  /** Unique: clients send it back in the next request. */
  #callId(index: number): string {
    return `call_${this.#id.slice("chatcmpl-".length).replaceAll("-", "")}_${index}`;
  }

  #chunk(delta: ChunkDelta, finishReason: GenerationResult["finishReason"] | null): z.infer<typeof chunkSchema> {
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
