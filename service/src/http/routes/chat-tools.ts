import { type Tool, type ToolUse } from "../../engine/engine.js";
import { invalid, unsupported } from "../api-error.js";
import { type GivenChat } from "./chat-schema.js";

/**
 * Reads `tools`, `tool_choice` and `parallel_tool_calls`.
 *
 * @returns undefined where the model is to call nothing: it is not shown the tools then
 * @throws {ApiError} 400
 */
export function readToolUse(given: GivenChat): ToolUse | undefined {
  if ((given.functions?.length ?? 0) > 0 || (given.function_call != null && given.function_call !== "none")) {
    throw unsupported("functions", "functions are the old form of tools and not available. Use tools and tool_choice.");
  }
  const choice = given.tool_choice ?? "auto";
  const tools = (given.tools ?? []).map(toTool);
  if (choice === "none") return undefined;
  if (tools.length === 0) {
    if (choice === "auto") return undefined;
    throw invalid("tool_choice", "tool_choice asks for a tool, and there are no tools. Send tools, or leave it out.");
  }
  if (JSON.stringify(given.tools).length > LONGEST) {
    throw invalid(
      "tools",
      `tools are longer than ${LONGEST} characters of JSON. Offer fewer, with shorter descriptions.`,
    );
  }
  const names = tools.map(({ name }) => name);
  const twice = names.findIndex((name, index) => names.indexOf(name) < index);
  if (twice >= 0) {
    throw invalid(
      `tools[${twice}].function.name`,
      `tools[${twice}].function.name stands there twice: each tool needs its own.`,
    );
  }
  return { tools, choice: toChoice(choice, names), parallel: given.parallel_tool_calls ?? true };
}

/** More than a context holds; what renders and compiles them does so on the event loop. */
const LONGEST = 100_000;

function toTool({ type, function: described }: NonNullable<GivenChat["tools"]>[number], index: number): Tool {
  const path = `tools[${index}]`;
  if (type !== "function" || described == null) {
    throw unsupported(
      `${path}.type`,
      `${path} must be {"type": "function", "function": {...}}: this service has no other tools.`,
    );
  }
  const { name, description, parameters, strict } = described;
  return {
    name,
    ...(description == null ? {} : { description }),
    ...(parameters == null ? {} : { parameters }),
    strict: strict ?? false,
    path: `${path}.function`,
  };
}

type GivenChoice = Exclude<NonNullable<GivenChat["tool_choice"]>, "none">;

function toChoice(choice: GivenChoice, names: readonly string[]): ToolUse["choice"] {
  if (typeof choice === "string") return choice;
  const name = choice.function?.name;
  if (choice.type !== "function" || name === undefined) {
    throw unsupported(
      "tool_choice",
      'tool_choice must be "none", "auto", "required" or {"type": "function", "function": {"name": "..."}}.',
    );
  }
  if (names.includes(name)) return { name };
  throw invalid("tool_choice.function.name", "tool_choice.function.name must be the name of one of the tools.");
}
