import { toUSVString } from "node:util";
import { ApiError } from "../api-error.js";
import { type ChatMessage, type GenerationRequest, type ResponseFormat } from "../../engine/engine.js";
import { chatSchema, type GivenChat, type GivenMessage } from "./chat-schema.js";
import { parseBody } from "./parse-body.js";

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
 * Fields that this service does not know are ignored, wrong types are refused, and so is everything that would make the
 * answer mean something else than the client asked for (several choices, tools, log probabilities, images). `max_tokens`
 * is an upper bound, so a larger one than the service allows is lowered; `finish_reason` then says `length`.
 *
 * @throws {ApiError} 400 with the path of the field
 */
export function readChatRequest(body: unknown, limits: { readonly maxTokens: number }): ChatRequest {
  const given = parseBody(chatSchema, body);
  refuseUnsupported(given);
  return {
    model: given.model ?? undefined,
    stream: given.stream ?? false,
    includeUsage: given.stream_options?.include_usage ?? false,
    includeQueue: given.stream_options?.include_queue ?? false,
    generation: {
      messages: given.messages.map(toMessage),
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
  for (const param of ["tools", "functions"] as const) {
    if ((given[param]?.length ?? 0) > 0 && given.tool_choice !== "none") {
      throw unsupported(param, `${param} are not available: the model could not call them. Leave the field out.`);
    }
  }
  if (given.modalities?.some((modality) => modality !== "text")) {
    throw unsupported("modalities", 'modalities must be ["text"]: this service answers in text.');
  }
}

function toMessage(message: GivenMessage, index: number): ChatMessage {
  const path = `messages[${index}]`;
  const { role, content } = message;
  if (role === "tool" || role === "function") {
    throw unsupported(`${path}.role`, `${path}.role ("${role}") is not available, because tools are not.`);
  }
  if ((message.tool_calls?.length ?? 0) > 0 || message.function_call != null) {
    throw unsupported(`${path}.tool_calls`, `${path} calls a tool, and tools are not available.`);
  }
  if (content == null) {
    throw new ApiError(400, `${path}.content is missing: it must be a text or a list of parts.`, {
      code: "invalid_request",
      param: `${path}.content`,
    });
  }
  return {
    role: role === "developer" ? "system" : role,
    content:
      typeof content === "string"
        ? content
        : content.map((part, at) => toText(part, `${path}.content[${at}]`)).join("\n"),
  };
}

function toText(part: { type: string; text?: string | undefined }, path: string): string {
  if (part.type !== "text") {
    throw unsupported(`${path}.type`, `${path}.type must be "text": this service reads text and nothing else.`);
  }
  if (part.text === undefined) {
    throw new ApiError(400, `${path}.text is missing.`, { code: "invalid_request", param: `${path}.text` });
  }
  return toUSVString(part.text);
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

function unsupported(param: string, message: string): ApiError {
  return new ApiError(400, message, { code: "unsupported_request", param });
}
