/** What the API answers, for its description (`openapi.ts`) and for the compiler; nothing is checked or left out by it. */
import { z } from "zod";
import { PHASES, type ReadyReport } from "../../contract.js";
import { URGENCIES } from "../../triage/urgency.js";

const urgency = z.enum(URGENCIES);
export const errorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.enum(["invalid_request_error", "authentication_error", "rate_limit_error", "server_error"]),
    param: z.string().nullable().describe("The field that is wrong, e.g. messages[0].role."),
    code: z.string().describe("Stable; docs/service.md and the runbook name them."),
    floor: urgency.optional().describe("Of `/triage`, as in its answer: red flags need no model."),
    red_flags: z.array(z.string()).readonly().optional(),
  }),
});

const REASONS = {
  400: "The request is malformed or asks for what this service does not do; `param` names the field.",
  401: "The API key is missing or not valid.",
  404: "No model of this name is loaded.",
  413: "The body is longer than 1 MiB.",
  415: "The body is not JSON.",
  429: "All places in the queue are taken; `Retry-After` says when to come again.",
  501: "This model is too small for it.",
  502: "The model gave no whole or usable answer.",
  503: "The model is not ready, the service is shutting down, or the time is over; `Retry-After` where waiting helps.",
} as const;

/** The error answers of a route. */
export function errorAnswers(...statuses: readonly (keyof typeof REASONS)[]) {
  return Object.fromEntries(statuses.map((status) => [status, answer(REASONS[status], errorSchema)]));
}

/** One answer of a route: what it means, and its body by media type. */
export function answer(description: string, json: z.ZodType, others: Readonly<Record<string, z.ZodType>> = {}) {
  const types = Object.entries({ "application/json": json, ...others });
  return { description, content: Object.fromEntries(types.map(([type, schema]) => [type, { schema }])) };
}

/** On routes that ask for an API key, where there are keys. */
export const NEEDS_KEY = { security: [{ key: [] }] };

const count = z.int().min(0);
const usageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count.describe("Tokens that did not have to be read again.") }),
});
const functionCall = z.object({ name: z.string(), arguments: z.string().describe("A JSON object, as text.") });
const finishReason = z
  .enum(["stop", "length", "tool_calls"])
  .describe("`length`: cut by max_tokens or the context; JSON is then not whole.");

export const completionSchema = z.object({
  id: z.string(),
  object: z.literal("chat.completion"),
  created: count,
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.literal(0),
      message: z.object({
        role: z.literal("assistant"),
        content: z.string().nullable(),
        reasoning_content: z.string().optional().describe("What a thinking model says before it answers."),
        tool_calls: z
          .array(z.object({ id: z.string(), type: z.literal("function"), function: functionCall }))
          .optional(),
        refusal: z.null(),
      }),
      logprobs: z.null(),
      finish_reason: finishReason,
    }),
  ),
  usage: usageSchema,
});

const deltaSchema = z.object({
  role: z.literal("assistant").optional(),
  content: z.string().optional(),
  reasoning_content: z.string().optional(),
  tool_calls: z
    .array(
      z.object({
        index: count,
        id: z.string().optional(),
        type: z.literal("function").optional(),
        function: functionCall.partial(),
      }),
    )
    .optional(),
});
export type ChunkDelta = z.infer<typeof deltaSchema>;

export const chunkSchema = z
  .object({
    id: z.string(),
    object: z.literal("chat.completion.chunk"),
    created: count,
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.literal(0),
        delta: deltaSchema,
        logprobs: z.null(),
        finish_reason: finishReason.nullable(),
      }),
    ),
    usage: usageSchema.nullable().optional(),
  })
  .describe("The data of each event; the last event is `[DONE]`. Comments (heartbeats) stand between them.");

export const modelSchema = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: count,
  owned_by: z.string(),
  aliases: z.array(z.string()).readonly(),
  context_size: count,
  trained_context_size: count,
  architecture: z.string(),
  file_bytes: count,
});
export const modelListSchema = z.object({ object: z.literal("list"), data: z.array(modelSchema) });

export const triageAnswerSchema = z.object({
  urgency,
  model_urgency: urgency,
  floor: urgency.nullable().describe("Set by red flags in the text; the model may raise it and never lower it."),
  summary: z.string(),
  advice: z.array(z.string()),
  red_flags: z.array(z.string()),
  response: z.string(),
  notice: z.string(),
  trace_id: z.string(),
  patient_mrn: z.string().nullable(),
  model: z.string(),
  inference_time_ms: z.number(),
});

export const healthSchema = z.object({ status: z.enum(["ok", "stalled"]), error: z.string().optional() });

export const readySchema: z.ZodType<ReadyReport> = z.object({
  status: z.enum(["loading", "ready", "draining", "failed"]),
  phase: z.enum(PHASES),
  progress: z.number().nullable(),
  elapsed_seconds: z.number(),
  attempt: z.int().min(1),
  error: z.string().nullable(),
  downloaded_bytes: z.number().optional(),
  total_bytes: z.number().optional(),
  phase_seconds: z.partialRecord(z.enum(PHASES), z.number()).optional(),
});
