import { unsupported } from "../api-error.js";
import { type GenerationRequest, type ResponseFormat } from "../../engine/engine.js";
import { readMessages } from "./chat-messages.js";
import { type GivenChat } from "./chat-schema.js";
import { readToolUse } from "./chat-tools.js";

export interface ChatRequest {
  /** Undefined: whichever model is loaded. */
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /**
   * Say the place in line as comments of the stream (`: queue 3`). Not by itself: the first comment sends the status 200,
   * and clients that read the status try again by themselves when a request that waits is turned away.
   */
  readonly includeQueue: boolean;
  readonly generation: GenerationRequest;
}

/**
 * Reads the body of `POST /v1/chat/completions`.
 *
 * Fields that this service does not know are ignored. Refused is everything that would make the answer mean something else than the client asked for (several choices, log probabilities, images). `max_tokens`
 * is an upper bound, so a larger one than the service allows is lowered; `finish_reason` then says `length`.
 *
 * @throws {ApiError} 400 with the path of the field
 */
export function readChatRequest(given: GivenChat, limits: { readonly maxTokens: number }): ChatRequest {
  refuseUnsupported(given);
  const toolUse = readToolUse(given);
  return {
    model: given.model ?? undefined,
    stream: given.stream ?? false,
    includeUsage: given.stream_options?.include_usage ?? false,
    includeQueue: given.stream_options?.include_queue ?? false,
    generation: {
      messages: readMessages(given.messages),
      maxTokens: atMost(given.max_completion_tokens ?? given.max_tokens ?? -1, limits.maxTokens),
      temperature: given.temperature ?? SAMPLING.temperature,
      topP: given.top_p ?? SAMPLING.topP,
      topK: Math.max(0, given.top_k ?? SAMPLING.topK),
      ...(given.min_p == null ? {} : { minP: given.min_p }),
      ...(given.repeat_penalty == null ? {} : { repeatPenalty: given.repeat_penalty }),
      ...(given.seed == null ? {} : { seed: given.seed }),
      stop: typeof given.stop === "string" ? [given.stop] : (given.stop ?? []),
      presencePenalty: given.presence_penalty ?? 0,
      frequencyPenalty: given.frequency_penalty ?? 0,
      responseFormat: toFormat(given),
      ...(toolUse === undefined ? {} : { toolUse }),
    },
  };
}

/**
 * What the makers of the default model ship in its `generation_config.json`, but for its repetition penalty (1.05; 1.1
 * for the smallest models): that counts the prompt as well, which an answer that quotes the question would suffer from.
 * @see https://huggingface.co/ai-team-20/qwen3-coder-480b-3/commit/1f0ca894f6ea16bc8cc765364b56946a0f044a4c and
 * zlai/models/types/generate_config/qwen2.py of https://github.com/zlai-llm/zlai.
 */
export const SAMPLING = { temperature: 0.7, topP: 0.8, topK: 20 } as const;

function refuseUnsupported(given: GivenChat): void {
  if (given.n != null && given.n !== 1) {
    throw unsupported("n", `n (${given.n}) must be 1: this service gives one answer a request. Send several requests.`);
  }
  if (given.logprobs) throw unsupported("logprobs", "logprobs are not available. Leave the field out.");
  if (given.top_logprobs) throw unsupported("top_logprobs", "top_logprobs are not available. Leave the field out.");
  if (Object.keys(given.logit_bias ?? {}).length > 0) {
    throw unsupported("logit_bias", "logit_bias is not available. Leave the field out.");
  }
  if (given.grammar != null && given.grammar !== "") {
    throw unsupported(
      "grammar",
      "grammar is not available: nothing bounds the memory and the time that a grammar of the client's making takes. " +
        "Use response_format with a JSON Schema.",
    );
  }
  if (given.modalities?.some((modality) => modality !== "text")) {
    throw unsupported("modalities", 'modalities must be ["text"]: this service answers in text.');
  }
}

/** As llama-server has it: an absent or empty schema means any object. */
function toFormat({ response_format: format, json_schema: short }: GivenChat): ResponseFormat {
  if (short != null && format != null && format.type !== "text") {
    throw unsupported("json_schema", "json_schema stands beside response_format. Leave one of them out.");
  }
  if (short != null) return withSchema(short, "json_schema");
  if (format == null || format.type === "text") return { type: "text" };
  if (format.type === "json_object") return withSchema(format.schema ?? {}, "response_format.schema");
  return { type: "json_schema", schema: format.json_schema.schema };
}

function withSchema(schema: Readonly<Record<string, unknown>>, param: string): ResponseFormat {
  return Object.keys(schema).length === 0 ? { type: "json_object" } : { type: "json_schema", schema, param };
}

/** -1 is llama-server's "no limit". */
function atMost(tokens: number, limit: number): number {
  return tokens === -1 ? limit : Math.min(tokens, limit);
}
