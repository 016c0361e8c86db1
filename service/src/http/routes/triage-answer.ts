import { z } from "zod";
import { ApiError, toApiError } from "../api-error.js";
import { type GenerationResult } from "../../engine/engine.js";
import { parseJson } from "../../json.js";
import { findDefect, flagsInText } from "../../triage/check-answer.js";
import { findFloor, type Floor } from "../../triage/find-red-flags.js";
import { moreUrgent, URGENCIES, type Urgency } from "../../triage/urgency.js";

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

/** What the model wrote. */
export type ModelAnswer = z.infer<typeof answerSchema>;

/** What the client gets: under the floor that the red flags set. */
export interface TriageAnswer extends ModelAnswer {
  readonly model_urgency: Urgency;
  readonly floor: Urgency | null;
}

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
 * Checks what the model wrote: the grammar promises the shape, but an answer about health is checked all the same.
 *
 * @throws {ApiError} 502 when the answer is incomplete, not of the schema, or not fit to be read
 */
export function readTriageAnswer({ content, finishReason }: GenerationResult, maxTokens: number): ModelAnswer {
  const parsed = answerSchema.safeParse(parseJson(content));
  if (parsed.success) {
    const defect = findDefect(parsed.data.summary, parsed.data.advice);
    if (defect === undefined) return parsed.data;
    throw withheld(UNUSABLE, `The model's answer ${defect}, so it is withheld. Use a more capable model.`);
  }
  if (finishReason === "length") {
    throw withheld(
      "truncated_answer",
      `The model did not complete its answer within ${maxTokens} tokens, so it is withheld. ` +
        `Shorten the question, raise MAX_TOKENS or CONTEXT_SIZE, or use a more capable model.`,
    );
  }
  throw withheld(
    "invalid_answer",
    "The model gave an answer that does not follow the triage schema, so it is withheld. Use a more capable model.",
  );
}

/** The code of an answer that another try may make better. */
export const UNUSABLE = "unusable_answer";

function withheld(code: string, message: string): ApiError {
  return new ApiError(502, message, { code, final: true });
}

/** An error that stands where the assessment should, with what the red flags say: that needs no model. */
export function withRedFlags(error: unknown, text: string): ApiError {
  const plain = toApiError(error);
  const { status, message, options } = plain;
  if (!UNANSWERED.has(status) || text.length > MOST_READ) return plain;
  const { urgency, redFlags } = findFloor(text);
  if (urgency === null) return plain;
  const warning = `The text speaks of ${redFlags.join(", ")}. ${HEADLINES[urgency]}`;
  return new ApiError(status, `${message} ${warning}`, {
    ...options,
    redFlags: { floor: urgency, red_flags: redFlags },
  });
}

/** The question was good, and there is no answer to it. */
const UNANSWERED: ReadonlySet<number> = new Set([429, 502, 503]);

/** Characters; the default context holds fewer, and a refusal must stay cheap: 100,000 take some 40 ms. */
const MOST_READ = 20_000;

/**
 * Puts the floor under an answer. Where it raises the urgency the advice of the model was meant for something less urgent,
 * so it is replaced; warning signs of the model that the text does not speak of are dropped.
 */
export function applyFloor(answer: ModelAnswer, floor: Floor, text: string): TriageAnswer {
  const urgency = moreUrgent(answer.urgency, floor.urgency);
  const flags = [...floor.redFlags, ...flagsInText(answer.red_flags, text)];
  return {
    urgency,
    model_urgency: answer.urgency,
    floor: floor.urgency,
    summary: answer.summary,
    advice: urgency === answer.urgency ? answer.advice : [STEPS[urgency]],
    red_flags: [...new Set(flags)],
  };
}

const HEADLINES: Record<Urgency, string> = {
  emergency: "Emergency: call your local emergency number now.",
  urgent: "Urgent: get medical help today.",
  routine: "Routine: make an appointment with a health professional.",
  self_care: "Self-care: this can usually be looked after at home.",
};

const STEPS: Record<Urgency, string> = {
  emergency: "Call your local emergency number now.",
  urgent: "Get medical help today: call your doctor or an urgent care line.",
  routine: "Make an appointment with a health professional.",
  self_care: "Look after it at home, and get help if it gets worse.",
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
