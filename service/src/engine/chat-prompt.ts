/**
 * Renders messages through the chat template of the model file.
 *
 * The template is compiled once. Message texts do not go through it: it sees a placeholder for each, and the prompt is
 * put together afterwards, so that a user who types `<|im_end|>` sends seven harmless tokens and not the end of a turn.
 *
 * This is our own because the binding's chat wrappers replace templates that they take for equivalent (the `<think>`
 * that the template of a thinking model ends with was lost), and because resolving one blocks the event loop for
 * 0.1 to 1.3 s.
 */
import { Template } from "@huggingface/jinja";

import { type ChatMessage, UnsupportedRequestError } from "./engine.js";
import { type ReasoningMarks } from "./text-filters.js";

/** Text of the template, in which special tokens count, or text of a message, in which they do not. */
export interface PromptPart {
  readonly kind: "template" | "message";
  readonly text: string;
}

export interface RenderedPrompt {
  readonly parts: readonly PromptPart[];
  /** Whether the prompt ends inside an opened reasoning block. */
  readonly reasoningOpen: boolean;
}

export interface SpecialTokenTexts {
  readonly bos: string | null;
  readonly eos: string | null;
}

/** The marks of the families that this service separates reasoning for (Qwen3, DeepSeek R1 and their kin). */
const THINK: ReasoningMarks = { open: "<think>", close: "</think>" };

/** Private-use characters around a message's number; no text that goes through a tokenizer contains them. */
const PLACEHOLDER = /\uE000(\d+)\uE001/;

export class ChatPrompt {
  readonly #template: Template;
  readonly #tokens: SpecialTokenTexts;
  /** Undefined for a model that does not think aloud. */
  readonly reasoning: ReasoningMarks | undefined;

  /** @throws Error when the template cannot be compiled, or leaves out what the user says */
  constructor(source: string, tokens: SpecialTokenTexts) {
    this.#template = new Template(source);
    this.#tokens = tokens;
    this.reasoning = source.includes(THINK.close) ? THINK : undefined;
    this.#render([{ role: "user", content: "" }]);
  }

  /**
   * An answer as the last message is one that was cut: the prompt ends inside it, so that the model goes on with it.
   *
   * @throws {UnsupportedRequestError} when the template refuses this order of roles
   */
  render(messages: readonly ChatMessage[]): RenderedPrompt {
    const last = messages.at(-1);
    if (last?.role !== "assistant" || messages.length === 1) return this.#renderInSomeForm(messages);
    const { parts, reasoningOpen } = this.#renderInSomeForm(messages.slice(0, -1));
    const thought: PromptPart[] = reasoningOpen ? [{ kind: "template", text: `\n${THINK.close}\n\n` }] : [];
    return { parts: [...parts, ...thought, { kind: "message", text: last.content }], reasoningOpen: false };
  }

  #renderInSomeForm(messages: readonly ChatMessage[]): RenderedPrompt {
    try {
      return this.#render(messages);
    } catch (first) {
      // Some templates know no system role, or insist on alternating turns: say the same in a form they take.
      try {
        return this.#render(alternating(messages));
      } catch {
        const reason = first instanceof Error ? first.message : String(first);
        throw new UnsupportedRequestError(
          "messages",
          `the chat template of the model refuses these messages: ${reason}`,
        );
      }
    }
  }

  #render(messages: readonly ChatMessage[]): RenderedPrompt {
    const text = this.#template.render({
      messages: messages.map(({ role }, index) => ({ role, content: `\uE000${index}\uE001` })),
      add_generation_prompt: true,
      bos_token: this.#tokens.bos ?? "",
      eos_token: this.#tokens.eos ?? "",
    });
    const leftOut = messages.findIndex((_, index) => !text.includes(`\uE000${index}\uE001`));
    if (leftOut >= 0) throw new Error(`it leaves out message ${leftOut} (role ${messages[leftOut]?.role ?? ""})`);
    // Splitting by an expression with one group gives template text and message numbers in turn.
    const parts = text
      .split(PLACEHOLDER)
      .map((piece, index): PromptPart =>
        index % 2 === 0
          ? { kind: "template", text: piece }
          : { kind: "message", text: messages[Number(piece)]?.content ?? "" },
      )
      .filter((part, index) => index % 2 === 1 || part.text !== "");
    const tail = parts.at(-1);
    const reasoningOpen =
      this.reasoning !== undefined &&
      tail?.kind === "template" &&
      tail.text.lastIndexOf(this.reasoning.open) > tail.text.lastIndexOf(this.reasoning.close);
    return { parts, reasoningOpen };
  }
}

/** System messages go into the first user message, and neighbours of one role become one message. */
function alternating(messages: readonly ChatMessage[]): ChatMessage[] {
  const merged: ChatMessage[] = [];
  for (const message of messages) {
    const role = message.role === "system" ? "user" : message.role;
    const last = merged.at(-1);
    if (last?.role === role) merged[merged.length - 1] = { role, content: `${last.content}\n\n${message.content}` };
    else merged.push({ role, content: message.content });
  }
  return merged;
}
