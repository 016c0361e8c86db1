import { z } from "zod";
import { ApiError } from "../api-error.js";
import { type GenerationResult } from "../../engine/engine.js";

/** From most to least urgent. */
export const URGENCIES = ["emergency", "urgent", "routine", "self_care"] as const;

/**
 * Bounds of the answer, in characters. The longest answer that they allow, JSON included, has about 1,150: it fits into
 * the default MAX_TOKENS of 512 at 2.3 characters a token. English has about four, other European languages about three;
 * only a vocabulary of single bytes can run out of tokens, and that is answered as an error.
 */
export const BOUNDS = { summaryLength: 280, redFlags: 4, redFlagLength: 70, advice: 4, adviceLength: 110 } as const;

/** JSON Schema counts characters, JavaScript counts UTF-16 units. */
const text = (longest: number) => z.string().refine((value) => value !== "" && Array.from(value).length <= longest);
const answerSchema = z.strictObject({
  summary: text(BOUNDS.summaryLength),
  red_flags: z.array(text(BOUNDS.redFlagLength)).max(BOUNDS.redFlags),
  urgency: z.enum(URGENCIES),
  advice: z.array(text(BOUNDS.adviceLength)).min(1).max(BOUNDS.advice),
});

export type TriageAnswer = z.infer<typeof answerSchema>;

const textJson = (maxLength: number) => ({ type: "string", minLength: 1, maxLength });

/**
 * The same as a JSON schema for the grammar. The model writes the fields in this order: it sums up and looks for warning
 * signs before it commits to an urgency, so that the urgency follows from them and not the other way round.
 */
export const ANSWER_JSON_SCHEMA = {
  type: "object",
  properties: {
    summary: textJson(BOUNDS.summaryLength),
    red_flags: { type: "array", items: textJson(BOUNDS.redFlagLength), minItems: 0, maxItems: BOUNDS.redFlags },
    urgency: { enum: URGENCIES },
    advice: { type: "array", items: textJson(BOUNDS.adviceLength), minItems: 1, maxItems: BOUNDS.advice },
  },
  required: ["summary", "red_flags", "urgency", "advice"],
  additionalProperties: false,
} as const;

/** Sent with every answer, in words that no model had a part in. */
export const NOTICE =
  "This is not a diagnosis. It was written by a language model and may be wrong. " +
  "In an emergency call your local emergency number; otherwise talk to a health professional.";

/**
 * Checks what the model wrote: the grammar promises the shape, and a promise about somebody's health is checked.
 *
 * @throws {ApiError} 502 when the answer is incomplete or not of the schema
 */
export function readTriageAnswer({ content, finishReason }: GenerationResult, maxTokens: number): TriageAnswer {
  const parsed = answerSchema.safeParse(parseJson(content));
  if (parsed.success) return parsed.data;
  if (finishReason === "length") {
    throw new ApiError(
      502,
      `The model did not complete its answer within ${maxTokens} tokens, and half an assessment is none. ` +
        `Shorten the question, raise MAX_TOKENS or CONTEXT_SIZE, or use a more capable model.`,
      { code: "truncated_answer", final: true },
    );
  }
  throw new ApiError(
    502,
    "The model gave an answer that does not follow the triage schema, so it is withheld. Use a more capable model.",
    { code: "invalid_answer", final: true },
  );
}

const HEADLINES: Record<TriageAnswer["urgency"], string> = {
  emergency: "Emergency: call your local emergency number now.",
  urgent: "Urgent: get medical help today.",
  routine: "Routine: make an appointment with a health professional.",
  self_care: "Self-care: this can usually be looked after at home.",
};

/** The answer for a person to read. */
export function toReadable({ urgency, summary, advice, red_flags }: TriageAnswer): string {
  const blocks = [HEADLINES[urgency], summary, list("What to do:", advice)];
  if (red_flags.length > 0) blocks.push(list("Warning signs:", red_flags));
  return [...blocks, NOTICE].join("\n\n");
}

function list(title: string, items: readonly string[]): string {
  return [title, ...items.map((line) => `- ${line.replace(/\s+/g, " ").trim()}`)].join("\n");
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
