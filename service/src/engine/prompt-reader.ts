import { type LlamaModel, type Token } from "node-llama-cpp";

import { type ChatPrompt, type PromptPart } from "./chat-prompt.js";
import { type ChatMessage, type GenerationRequest, PromptTooLongError } from "./engine.js";
import { commonPrefix } from "./slot-choice.js";
import { PROMPTED, TOOL_CALL } from "./tool-call-format.js";
import { Turns } from "./turns.js";

/** The part of a tokenizer that prompts need. */
export interface Vocabulary {
  /**
   * @param special whether the text may hold special tokens
   * @param continues whether other tokens precede the text: then no space is put before it
   */
  tokenize(text: string, special: boolean, continues: boolean): readonly Token[];
  /** Stands before every prompt that does not begin with it; null for a model without one. */
  readonly bos: Token | null;
}

export function vocabularyOf(model: Pick<LlamaModel, "tokens" | "tokenize">): Vocabulary {
  const { bos, shouldPrependBosToken } = model.tokens;
  return {
    tokenize: (text, special, continues) => model.tokenize(text, special, continues ? "trimLeadingSpace" : undefined),
    bos: shouldPrependBosToken ? bos : null,
  };
}

export interface Prompt {
  readonly tokens: readonly Token[];
  /** Whether the prompt ends inside an opened reasoning block. */
  readonly reasoningOpen: boolean;
}

type Asked = Pick<GenerationRequest, "messages" | "responseFormat" | "toolUse">;

/** Characters that are tokenised in one turn of the event loop: one to four milliseconds. */
export const SLICE_CHARACTERS = 4096;

/**
 * No real text has tokens of more bytes on average: English has four to five, code with deep indentation ten. Vocabularies
 * have tokens of 128 spaces, so this bounds what is read of a text that holds little else.
 */
const MOST_BYTES_PER_TOKEN = 32;

/**
 * Turns the messages of a request into tokens without holding up the event loop.
 *
 * llama.cpp tokenises on the thread that calls it, and a megabyte takes seconds. So texts are read in slices, one slice in
 * a turn of the event loop whatever the number of requests, and reading stops where the context is full. Slices end
 * between words, where tokenizers split as well; the same text is always cut in the same places.
 */
export class PromptReader {
  readonly #prompt: ChatPrompt;
  readonly #vocabulary: Vocabulary;
  readonly #contextSize: number;
  readonly #turns: Turns;

  constructor(prompt: ChatPrompt, vocabulary: Vocabulary, contextSize: number, turns = new Turns()) {
    this.#prompt = prompt;
    this.#vocabulary = vocabulary;
    this.#contextSize = contextSize;
    this.#turns = turns;
  }

  /**
   * @throws {PromptTooLongError} when the prompt plus one token does not fit the context
   * @throws {UnsupportedRequestError} when the template refuses the messages or knows no tools
   * @throws `signal.reason` when aborted
   */
  async read({ messages, responseFormat, toolUse }: Asked, signal: AbortSignal): Promise<Prompt> {
    const { parts, reasoningOpen } = this.#prompt.render(messages, toolUse?.tools);
    const mustCall = toolUse !== undefined && toolUse.choice !== "auto";
    // A constrained answer cannot begin with a thought: where the template has opened one, it is closed.
    const closeReasoning = reasoningOpen && (responseFormat.type !== "text" || mustCall);
    const closing = closeReasoning ? `${this.#prompt.reasoning?.close ?? ""}\n\n` : "";
    const calling = mustCall ? TOOL_CALL.open + PROMPTED : "";
    const tail: PromptPart[] = closing + calling === "" ? [] : [{ kind: "template", text: closing + calling }];
    const tokens = await this.#tokenize([...parts, ...tail], signal);
    return { tokens, reasoningOpen: reasoningOpen && !closeReasoning };
  }

  /** The tokens that all prompts with this system message begin with. */
  async readBeginning(system: string, signal: AbortSignal): Promise<readonly Token[]> {
    const [one, other] = await Promise.all(
      ["a", "B"].map(async (content) => {
        const messages: ChatMessage[] = [
          { role: "system", content: system },
          { role: "user", content },
        ];
        return (await this.read({ messages, responseFormat: { type: "text" } }, signal)).tokens;
      }),
    );
    return one && other ? one.slice(0, commonPrefix(one, other)) : [];
  }

  async #tokenize(parts: readonly PromptPart[], signal: AbortSignal): Promise<readonly Token[]> {
    const { bos } = this.#vocabulary;
    const total = parts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    const tooLong = total > this.#contextSize * MOST_BYTES_PER_TOKEN;
    const tokens: Token[] = [];
    let read = 0;
    for (const slices of turnsOf(parts)) {
      await this.#turns.next();
      signal.throwIfAborted();
      for (const { kind, text } of slices) {
        // Not spread into one call: a slice can have more tokens than a call may have arguments.
        for (const token of this.#vocabulary.tokenize(text, kind === "template", tokens.length > 0)) tokens.push(token);
        if (tokens.length > 0 && bos !== null && tokens[0] !== bos) tokens.unshift(bos);
        read += Buffer.byteLength(text);
      }
      if (tooLong || tokens.length >= this.#contextSize) {
        throw new PromptTooLongError(Math.ceil((tokens.length / read) * total), this.#contextSize, read === total);
      }
    }
    return tokens;
  }
}

/** The parts, long ones cut and short ones together, so that each group is at most a slice long. */
function* turnsOf(parts: readonly PromptPart[]): Generator<readonly PromptPart[]> {
  let group: PromptPart[] = [];
  let room = SLICE_CHARACTERS;
  for (const { kind, text } of parts) {
    for (const slice of slicesOf(text)) {
      // A call costs about as much as 64 characters, however short its text is.
      const cost = Math.max(64, slice.length);
      if (group.length > 0 && cost > room) {
        yield group;
        group = [];
        room = SLICE_CHARACTERS;
      }
      group.push({ kind, text: slice });
      room -= cost;
    }
  }
  if (group.length > 0) yield group;
}

function* slicesOf(text: string): Generator<string> {
  let start = 0;
  while (text.length - start > SLICE_CHARACTERS) {
    const end = start + cut(text.slice(start, start + SLICE_CHARACTERS));
    yield text.slice(start, end);
    start = end;
  }
  yield text.slice(start);
}

/** Where to cut: before the space of the last word, before the last white space, or between two characters. */
function cut(slice: string): number {
  const tail = slice.length - 256;
  const word = /.*\S(?= \p{L})/su.exec(slice.slice(tail));
  if (word) return tail + word[0].length;
  const space = /.*\S(?=\s)/su.exec(slice.slice(tail));
  if (space) return tail + space[0].length;
  return /[\uD800-\uDBFF]$/.test(slice) ? slice.length - 1 : slice.length;
}
