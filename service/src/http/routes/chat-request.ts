import { toUSVString } from "node:util";
import { z } from "zod";
import { ApiError } from "../api-error.js";
import { type ChatMessage, type GenerationRequest, type ResponseFormat } from "../../engine/engine.js";
import { parseBody, shallowEnough } from "./parse-body.js";

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
      maxTokens: Math.min(given.max_completion_tokens ?? given.max_tokens ?? limits.maxTokens, limits.maxTokens),
      temperature: given.temperature ?? SAMPLING.temperature,
      topP: given.top_p ?? SAMPLING.topP,
      topK: given.top_k ?? SAMPLING.topK,
      ...(given.seed == null ? {} : { seed: given.seed }),
      stop: typeof given.stop === "string" ? [given.stop] : (given.stop ?? []),
      presencePenalty: given.presence_penalty ?? 0,
      frequencyPenalty: given.frequency_penalty ?? 0,
      responseFormat: toFormat(given.response_format),
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

/** What JSON can hold and UTF-8 cannot (half a surrogate pair) becomes U+FFFD. */
const text = z.string().transform((value) => toUSVString(value));
/** Checked before the elements: a megabyte of wrong ones would take half a second to complain about one by one. */
const list = z.array(z.unknown()).min(1).max(2048);
const parts = list.pipe(z.array(z.looseObject({ type: z.string(), text: z.string().optional() })));
const messageSchema = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.union([text, parts], { error: "must be a text or a list of 1 to 2048 parts" }).nullish(),
  tool_calls: z.array(z.unknown()).nullish(),
  function_call: z.unknown().optional(),
});
type GivenMessage = z.infer<typeof messageSchema>;

const formatSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.object({
    type: z.literal("json_schema"),
    json_schema: z.object({
      schema: z.record(z.string(), z.unknown()).refine(shallowEnough, { error: "must not be nested deeper than 32" }),
    }),
  }),
]);

const tokenCount = z.int().min(1);
const chatSchema = z.object({
  model: z.string().max(256).nullish(),
  messages: list.pipe(z.array(messageSchema)),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish(), include_queue: z.boolean().nullish() }).nullish(),
  max_tokens: tokenCount.nullish(),
  max_completion_tokens: tokenCount.nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  response_format: formatSchema.nullish(),
  n: z.int().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().nullish(),
  logit_bias: z.looseObject({}).nullish(),
  tools: z.array(z.unknown()).nullish(),
  functions: z.array(z.unknown()).nullish(),
  tool_choice: z.unknown().optional(),
  modalities: z.array(z.string()).nullish(),
});
type Given = z.infer<typeof chatSchema>;

function refuseUnsupported(given: Given): void {
  if (given.n != null && given.n !== 1) {
    throw unsupported("n", `n (${given.n}) must be 1: this service gives one answer a request. Send several requests.`);
  }
  if (given.logprobs) throw unsupported("logprobs", "logprobs are not available. Leave the field out.");
  if (given.top_logprobs) throw unsupported("top_logprobs", "top_logprobs are not available. Leave the field out.");
  if (Object.keys(given.logit_bias ?? {}).length > 0) {
    throw unsupported("logit_bias", "logit_bias is not available. Leave the field out.");
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
        : content.map((part, at) => toText(part, `${path}.content[${at}]`)).join(""),
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

function toFormat(format: Given["response_format"]): ResponseFormat {
  if (format == null) return { type: "text" };
  return format.type === "json_schema" ? { type: "json_schema", schema: format.json_schema.schema } : format;
}

function unsupported(param: string, message: string): ApiError {
  return new ApiError(400, message, { code: "unsupported_request", param });
}
