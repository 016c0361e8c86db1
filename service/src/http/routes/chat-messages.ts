import { toUSVString } from "node:util";
import { type ChatMessage, type ToolCall } from "../../engine/engine.js";
import { parseJson } from "../../json.js";
import { invalid, unsupported } from "../api-error.js";
import { type GivenMessage } from "./chat-schema.js";

/**
 * Reads `messages`. Results of tools are put into the order of their calls: templates do not write which call a result is of.
 *
 * @throws {ApiError} 400 with the path of the field
 */
export function readMessages(given: readonly GivenMessage[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  for (let index = 0; index < given.length;) {
    const message = given[index];
    if (message === undefined) break;
    messages.push(toMessage(message, index));
    index += 1;
    if (message.role !== "assistant" || (message.tool_calls?.length ?? 0) === 0) continue;
    const results = resultsOf(message, given, index);
    messages.push(...results);
    index += results.length;
  }
  return messages;
}

/** The tool messages that follow from `start` on, one for each call. */
function resultsOf({ tool_calls: calls }: GivenMessage, given: readonly GivenMessage[], start: number): ChatMessage[] {
  const ids = (calls ?? []).map(({ id }) => id);
  const results = ids.map((_, offset) => {
    const [message, index] = [given[start + offset], start + offset];
    if (message?.role !== "tool") {
      throw invalid(
        `messages[${start - 1}].tool_calls`,
        `messages[${start - 1}] calls ${ids.length} tool${ids.length === 1 ? "" : "s"}: as many messages of role "tool" must follow it.`,
      );
    }
    const id = message.tool_call_id;
    const order = id == null ? offset : ids.indexOf(id);
    if (order < 0) {
      throw invalid(
        `messages[${index}].tool_call_id`,
        `messages[${index}].tool_call_id is the id of no call before it.`,
      );
    }
    return { order, message: { role: "tool" as const, content: textOf(message, index) } };
  });
  return results.toSorted((a, b) => a.order - b.order).map(({ message }) => message);
}

function toMessage(message: GivenMessage, index: number): ChatMessage {
  const path = `messages[${index}]`;
  const { role, tool_calls: calls = [] } = message;
  if (role === "function" || message.function_call != null) {
    throw unsupported(path, `${path} is of the old form of tools. Use tool_calls and messages of role "tool".`);
  }
  if (role === "tool") {
    throw invalid(
      `${path}.role`,
      `${path} has role "tool" and follows no call. Send the assistant message with its tool_calls before it.`,
    );
  }
  if (role === "assistant" && calls != null && calls.length > 0) {
    return {
      role,
      content: message.content == null ? "" : textOf(message, index),
      toolCalls: calls.map((call, at) => toCall(call, `${path}.tool_calls[${at}]`)),
    };
  }
  return { role: role === "developer" ? "system" : role, content: textOf(message, index) };
}

function toCall({ function: called }: NonNullable<GivenMessage["tool_calls"]>[number], path: string): ToolCall {
  // Clients keep what a tool without arguments got as an empty text.
  const json = toUSVString(called.arguments.trim() === "" ? "{}" : called.arguments);
  if (!isObject(json))
    throw invalid(`${path}.function.arguments`, `${path}.function.arguments must be a JSON object, as text.`);
  return { name: called.name, arguments: json };
}

function isObject(json: string): boolean {
  const value = parseJson(json);
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As llama-server does, parts are joined by a newline. */
function textOf({ content }: GivenMessage, index: number): string {
  const path = `messages[${index}].content`;
  if (content == null) throw invalid(path, `${path} is missing: it must be a text or a list of parts.`);
  if (typeof content === "string") return content;
  return content.map((part, at) => textOfPart(part, `${path}[${at}]`)).join("\n");
}

function textOfPart(part: { type: string; text?: string | undefined }, path: string): string {
  if (part.type !== "text") {
    throw unsupported(`${path}.type`, `${path}.type must be "text": this service reads text and nothing else.`);
  }
  if (part.text === undefined) throw invalid(`${path}.text`, `${path}.text is missing.`);
  return toUSVString(part.text);
}
