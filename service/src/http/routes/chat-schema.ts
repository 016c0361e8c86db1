/** The body of `POST /v1/chat/completions`: what it may hold, field by field. `chat-request.ts` gives it its meaning. */
import { toUSVString } from "node:util";
import { z } from "zod";
import { shallowEnough } from "./parse-body.js";

/** What JSON can hold and UTF-8 cannot (half a surrogate pair) becomes U+FFFD. */
const text = z.string().transform((value) => toUSVString(value));

const MOST_ELEMENTS = 2048;

/** The length is checked before the elements: a megabyte of wrong ones would take half a second to complain about. */
function list<Element extends z.ZodType>(element: Element) {
  return z.preprocess((value, context) => {
    if (!Array.isArray(value) || (value.length >= 1 && value.length <= MOST_ELEMENTS)) return value;
    context.addIssue({ code: "custom", message: `must have 1 to ${MOST_ELEMENTS} elements` });
    return z.NEVER;
  }, z.array(element).min(1).max(MOST_ELEMENTS));
}

/** Templates write names as they are. */
const toolName = z.string().regex(/^[\w.:-]{1,128}$/, { error: "must be 1 to 128 letters, digits, or any of _ . : -" });
const MOST_TOOLS = 128;

const part = z.looseObject({ type: z.string(), text: z.string().optional() });
const messageSchema = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z
    .union([text, list(part)], { error: `must be a text or a list of 1 to ${MOST_ELEMENTS} parts` })
    .nullish()
    .describe("Parts of type `text` are joined by a newline."),
  tool_calls: z
    .array(
      z.object({
        id: z.string().max(256).nullish(),
        type: z.literal("function").nullish(),
        function: z.object({ name: toolName, arguments: z.string().describe("A JSON object, as text.") }),
      }),
    )
    .max(MOST_TOOLS)
    .nullish()
    .describe("What an assistant has called; a message of role `tool` follows for each."),
  tool_call_id: z.string().max(256).nullish().describe("Of a `tool` message: the call whose result it is."),
  function_call: z.unknown().optional().describe("Refused: use `tool_calls`."),
});
export type GivenMessage = z.output<typeof messageSchema>;

const schemaOfAnswer = z
  .record(z.string(), z.unknown())
  .refine(shallowEnough, { error: "must not be nested deeper than 32" });
const toolSchema = z.object({
  type: z.string().describe("Must be `function`."),
  function: z
    .object({
      name: toolName,
      description: text.nullish(),
      parameters: schemaOfAnswer.nullish().describe("JSON Schema of an object; left out, the tool takes no arguments."),
      strict: z.boolean().nullish().describe("Refuse parameters that no grammar can hold the model to."),
    })
    .nullish(),
});
const choiceSchema = z.union(
  [
    z.enum(["none", "auto", "required"]),
    z.object({ type: z.string(), function: z.object({ name: z.string() }).nullish() }),
  ],
  { error: 'must be "none", "auto", "required" or {"type": "function", "function": {"name": "..."}}' },
);

const formatSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({
    type: z.literal("json_object"),
    schema: schemaOfAnswer.nullish().describe("As llama-server takes it; an empty one means any object."),
  }),
  z.object({ type: z.literal("json_schema"), json_schema: z.object({ schema: schemaOfAnswer }) }),
]);

const tokenCount = z.int().min(-1).nullish();
export const chatSchema = z.object({
  messages: list(messageSchema),
  model: z.string().max(256).nullish().describe("The loaded model or one of its aliases; any other name is 404."),
  stream: z.boolean().nullish(),
  stream_options: z
    .object({
      include_usage: z.boolean().nullish(),
      include_queue: z.boolean().nullish().describe("Say the place in line as comments of the stream."),
    })
    .nullish(),
  max_tokens: tokenCount.describe(
    "Longest answer, lowered to MAX_TOKENS. -1 means MAX_TOKENS; 0 reads the prompt and answers nothing.",
  ),
  max_completion_tokens: tokenCount.describe("The newer name of `max_tokens`; wins where both are given."),
  temperature: z.number().min(0).max(2).nullish().describe("0 takes the most likely token."),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(-1).nullish().describe("0 and -1 mean no limit."),
  min_p: z
    .number()
    .min(0)
    .max(1)
    .nullish()
    .describe("Least probability of a token, as a share of the likeliest one's."),
  repeat_penalty: z
    .number()
    .gt(0)
    .max(2)
    .nullish()
    .describe("Divides the score of tokens that the answer has already; 1 is off. The prompt does not count."),
  seed: z.int().nullish(),
  stop: z
    .union([z.string().min(1), z.array(z.string().min(1)).max(4)])
    .nullish()
    .describe("Up to 4 texts, each of which ends the answer."),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  response_format: formatSchema.nullish(),
  json_schema: schemaOfAnswer.nullish().describe("llama-server's short form of `response_format`."),
  grammar: z.string().nullish().describe("Refused: use `response_format`."),
  n: z.int().nullish().describe("Must be 1."),
  logprobs: z.boolean().nullish().describe("Must be false."),
  top_logprobs: z.int().nullish().describe("Must be 0."),
  logit_bias: z.looseObject({}).nullish().describe("Must be empty."),
  tools: z
    .array(toolSchema)
    .max(MOST_TOOLS)
    .nullish()
    .describe("What the model may call, if its template knows tools."),
  tool_choice: choiceSchema.nullish().describe("With `none` the model is not shown the tools."),
  parallel_tool_calls: z.boolean().nullish().describe("Whether one answer may have several calls; true if left out."),
  functions: z.array(z.unknown()).nullish().describe("Refused: use `tools`."),
  function_call: z.unknown().optional().describe("Refused: use `tool_choice`."),
  modalities: z.array(z.string()).nullish().describe('Must be ["text"].'),
});
export type GivenChat = z.output<typeof chatSchema>;
