import { type LlamaModel, type Token } from "node-llama-cpp";

import { Answer } from "./answer.js";
import { type Sampler } from "./binding-internals.js";
import { type GenerationEvents, type GenerationRequest, type GenerationResult, type ToolUse } from "./engine.js";
import { type Constraint } from "./grammar-cache.js";
import { type Lane } from "./lane.js";
import { type Prompt } from "./prompt-reader.js";
import { type ReasoningMarks } from "./text-filters.js";

/** One generation that has its slot. */
export interface Generation {
  readonly request: Pick<GenerationRequest, "stop" | "toolUse">;
  readonly events: Omit<GenerationEvents, "signal">;
  readonly signal: AbortSignal;
  readonly prompt: Prompt;
  /** Undefined for text that is free at its beginning. */
  readonly constraint: Constraint | undefined;
  /** What holds the rest of the answer once the model has begun to call; `written` stands after the opening mark. */
  readonly constrainCalls: (toolUse: ToolUse, written: string) => Promise<Constraint>;
  readonly lane: Lane<Sampler>;
  readonly sampler: (constraint: Constraint | undefined) => Sampler;
  /** Tokens that the answer may have. */
  readonly most: number;
  readonly model: Pick<LlamaModel, "detokenize" | "isEogToken">;
  /** Undefined for a model that does not think aloud. */
  readonly reasoning: ReasoningMarks | undefined;
  /** Leaves in the slot what it can keep for the prompt. @returns the number of tokens that need not be read */
  readonly prepareSlot: () => Promise<number>;
}

/** Reads the prompt and draws the answer. */
export async function generateAnswer(generation: Generation): Promise<GenerationResult> {
  const { request, events, signal, prompt, lane, sampler, most, model } = generation;
  const { toolUse } = request;
  let [constraint, constrainedFrom] = [generation.constraint, 0];
  const started = performance.now();
  const answer = new Answer({
    detokenize: (tokens, before) => model.detokenize(tokens as Token[], false, before as Token[]),
    // JSON may speak of the marks of a thought without being one.
    reasoning: constraint ? undefined : generation.reasoning,
    reasoningOpen: prompt.reasoningOpen,
    stop: request.stop,
    calls: toolUse && (toolUse.choice === "auto" ? (constraint ? "instead" : "may") : "begun"),
    onDelta: events.onDelta,
  });
  const { cachedTokens, lastToken: lastOfPrompt } = await readPrompt(generation);
  let lastToken: number = lastOfPrompt;
  let completionTokens = 0;
  let firstToken = started;
  let finishReason: GenerationResult["finishReason"] = "length";
  let ended = false as boolean;
  let stopped = false as boolean;
  const onToken = (token: number): boolean => {
    events.onProgress?.();
    if (completionTokens === 0) firstToken = performance.now();
    if (model.isEogToken(token as Token)) {
      ended = true;
      return false;
    }
    completionTokens++;
    if (answer.push(token)) {
      stopped = true;
      return false;
    }
    lastToken = token;
    return completionTokens < most && (answer.callBegun === undefined || constraint !== undefined);
  };
  if (most > 0) await lane.generate(lastToken, sampler(constraint), signal, onToken);
  if (toolUse && answer.callBegun !== undefined && !stopped && !constraint && completionTokens < most) {
    // The model has begun to call a tool: from here on a grammar holds it to the format and to the tool's schema.
    constraint = await generation.constrainCalls(toolUse, answer.callBegun);
    constrainedFrom = answer.text.length;
    await lane.generate(lastToken, sampler(constraint), signal, onToken);
  }
  answer.end();
  const { content, reasoning, toolCalls } = answer;
  // Where the grammar leaves no token a model ends all the same, and that is not a whole answer.
  if (ended && (constraint?.accepts(answer.text.slice(constrainedFrom)) ?? true)) {
    finishReason = toolCalls ? "tool_calls" : "stop";
  }
  // The stop text is not given out, so it may have cut JSON as well.
  if (stopped && (constraint?.accepts(content) ?? true)) finishReason = "stop";
  return {
    content,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(toolCalls === undefined ? {} : { toolCalls }),
    finishReason,
    promptTokens: prompt.tokens.length,
    cachedTokens,
    completionTokens,
    prefillSeconds: (firstToken - started) / 1000,
    decodeSeconds: (performance.now() - firstToken) / 1000,
  };
}

/**
 * Reads all of the prompt but its last token, which begins the answer. That one is always read in a step like those of
 * the answer, so a prompt that is known already takes the same path as one that was read just now.
 */
async function readPrompt({
  prompt: { tokens },
  lane,
  signal,
  events,
  prepareSlot,
}: Generation): Promise<{ readonly cachedTokens: number; readonly lastToken: Token }> {
  const cachedTokens = await lane.alone(prepareSlot, signal);
  const lastToken = tokens.at(-1);
  if (lastToken === undefined) throw new Error("the chat template made an empty prompt");
  events.onPrompt?.({ promptTokens: tokens.length, cachedTokens });
  await lane.read(tokens.slice(cachedTokens, -1), signal, () => events.onProgress?.());
  return { cachedTokens, lastToken };
}
