/**
 * Renders messages through the chat template of the model file.
 *
 * The template is compiled once. Texts of messages and tools do not go through it (`hidden-texts.ts`), so that a user who
 * types `<|im_end|>` sends seven harmless tokens and not the end of a turn.
 *
 * This is our own because the binding's chat wrappers replace templates that they take for equivalent (the `<think>`
 * that the template of a thinking model ends with was lost), and because resolving one blocks the event loop for
 * 0.1 to 1.3 s.
 */
import { Template } from "@huggingface/jinja";

import { errorMessage } from "../error-facts.js";
import { type ChatMessage, type Tool, UnsupportedRequestError } from "./engine.js";
import { HiddenTexts } from "./hidden-texts.js";
import { type ReasoningMarks } from "./text-filters.js";
import { writtenCall } from "./tool-call-format.js";

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

export class ChatPrompt {
  readonly #template: Template;
  readonly #tokens: SpecialTokenTexts;
  /** Undefined for a model that does not think aloud. */
  readonly reasoning: ReasoningMarks | undefined;
  /** Whether the template shows tools to the model and has it call them in the format that this service reads. */
  readonly knowsTools: boolean;

  /** @throws Error when the template cannot be compiled, or leaves out what the user says */
  constructor(source: string, tokens: SpecialTokenTexts) {
    this.#template = new Template(source);
    this.#tokens = tokens;
    this.reasoning = source.includes(THINK.close) ? THINK : undefined;
    this.#render([{ role: "user", content: "" }], []);
    this.knowsTools = this.#showsTools();
  }

  /**
   * An answer as the last message is one that was cut: the prompt ends inside it, so that the model goes on with it.
   *
   * @throws {UnsupportedRequestError} when the template refuses this order of roles, or knows no tools
   */
  render(messages: readonly ChatMessage[], tools: readonly Tool[] = []): RenderedPrompt {
    const last = messages.at(-1);
    if (last?.role !== "assistant" || messages.length === 1) return this.#renderInSomeForm(messages, tools);
    const { parts, reasoningOpen } = this.#renderInSomeForm(messages.slice(0, -1), tools);
    const thought: PromptPart[] = reasoningOpen ? [{ kind: "template", text: `\n${THINK.close}\n\n` }] : [];
    return { parts: [...parts, ...thought, { kind: "message", text: last.content }], reasoningOpen: false };
  }

  #renderInSomeForm(messages: readonly ChatMessage[], tools: readonly Tool[]): RenderedPrompt {
    const toolMessage = messages.findIndex(({ role, toolCalls }) => role === "tool" || toolCalls !== undefined);
    const withTools = tools.length > 0 || toolMessage >= 0;
    if (withTools && !this.knowsTools) {
      throw new UnsupportedRequestError(
        tools.length > 0 ? "tools" : `messages[${toolMessage}]`,
        "tools are not available: the chat template of this model does not know them, or has calls in another form than " +
          `${writtenCall("NAME", "{...}").replaceAll("\n", "")}. Run a model such as qwen2.5-3b-instruct, or leave tools out.`,
      );
    }
    try {
      return this.#render(messages, tools);
    } catch (first) {
      // Some templates know no system role, or insist on alternating turns: say the same in a form they take.
      try {
        if (withTools) throw first;
        return this.#render(alternating(messages), []);
      } catch {
        const reason = errorMessage(first);
        throw new UnsupportedRequestError(
          "messages",
          `the chat template of the model refuses these messages: ${reason}`,
        );
      }
    }
  }

  #render(messages: readonly ChatMessage[], tools: readonly Tool[]): RenderedPrompt {
    const hidden = new HiddenTexts();
    const needed: { readonly placeholder: string; readonly message: number }[] = [];
    const shown = messages.map(({ role, content, toolCalls = [] }, message) => {
      const hide = (placeholder: string): string => (needed.push({ placeholder, message }), placeholder);
      // Templates leave out the text of a message that only calls.
      const text = content === "" && toolCalls.length > 0 ? "" : hide(hidden.hide(content));
      const calls = toolCalls.map((call) => ({
        type: "function",
        function: { name: call.name, arguments: hide(hidden.hideJson(call.arguments)) },
      }));
      return { role, content: text, ...(calls.length > 0 && { tool_calls: calls }) };
    });
    const text = this.#template.render({
      messages: shown,
      ...(tools.length > 0 && { tools: tools.map((tool) => hidden.hideWithin(described(tool))) }),
      add_generation_prompt: true,
      bos_token: this.#tokens.bos ?? "",
      eos_token: this.#tokens.eos ?? "",
    });
    const { parts, written } = hidden.reveal(text);
    const leftOut = needed.find(({ placeholder }) => !written.has(placeholder))?.message;
    if (leftOut !== undefined)
      throw new Error(`it leaves out message ${leftOut} (role ${messages[leftOut]?.role ?? ""})`);
    const tail = parts.at(-1);
    const reasoningOpen =
      this.reasoning !== undefined &&
      tail?.kind === "template" &&
      tail.text.lastIndexOf(this.reasoning.open) > tail.text.lastIndexOf(this.reasoning.close);
    return { parts, reasoningOpen };
  }

  #showsTools(): boolean {
    const description = "Looks something up.";
    const call = { name: "look_up", arguments: '{"for": "this"}' };
    try {
      const { parts } = this.#render(
        [
          { role: "user", content: "Look it up." },
          { role: "assistant", content: "", toolCalls: [call] },
          { role: "tool", content: "It is there." },
        ],
        [{ name: call.name, description, strict: false, path: "" }],
      );
      const text = parts.map((part) => part.text).join("");
      return text.includes(description) && text.includes(writtenCall(call.name, call.arguments));
    } catch {
      return false;
    }
  }
}

/** A tool as templates expect it: in the shape of the OpenAI API. */
function described({ name, description, parameters }: Tool) {
  return {
    type: "function",
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters: parameters ?? { type: "object", properties: {} },
    },
  };
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
