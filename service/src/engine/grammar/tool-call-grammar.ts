import { type Tool, type ToolUse, UnsupportedRequestError } from "../engine.js";
import { BEFORE_ARGUMENTS, CALL_END, CALL_START, TOOL_CALL } from "../tool-call-format.js";
import { choice, type Expression, repeat, sequence, text, widest } from "./expression.js";
import { anyValue, PRIMITIVES } from "./json-text.js";
import { constraints, isSchema, refuse } from "./keywords.js";
import { MOST_VISITS } from "./schema-document.js";
import { GrammarTooLargeError, RuleBook } from "./rule-book.js";
import { type SchemaPlace, writeSchema } from "./schema-grammar.js";

/** An answer that calls and calls comes to an end. */
const MOST_CALLS = 16;

/**
 * The grammar of an answer, or of its rest, that calls tools: each of them by its name, with arguments under its schema.
 * `written` is what already stands after the first opening mark; undefined for an answer from its beginning, which may
 * then be under `otherwise` (a schema) instead.
 *
 * @throws {UnsupportedRequestError} naming the part of a strict schema that cannot be expressed, or of one of no objects
 */
export function toolCallGrammar(toolUse: ToolUse, written: string | undefined, otherwise?: AnswerSchema): string {
  const book = new RuleBook();
  const { choice: chosen, parallel } = toolUse;
  const tools = typeof chosen === "object" ? toolUse.tools.filter(({ name }) => name === chosen.name) : toolUse.tools;
  for (const { parameters: schema, path } of tools) {
    if ((schema?.type ?? "object") !== "object") throw refuse(`${path}.parameters.type`, 'must be "object"');
  }
  try {
    const expressible = findExpressible(tools);
    const budget = { visits: MOST_VISITS };
    const entries = tools.map((tool, index) => {
      const args = expressible[index]
        ? parameters(book, tool, { prefix: `tool${index}-`, budget })
        : anyValue(book, "object");
      return { rest: tool.name + BEFORE_ARGUMENTS, then: sequence(args, text(CALL_END)) };
    });
    const call = book.rule(tree(book, entries));
    const another = book.rule(sequence(text(`\n${TOOL_CALL.open}\n${CALL_START}`), call));
    const calls = sequence(text(opening(written)), call, repeat(another, 0, parallel ? MOST_CALLS - 1 : 0));
    const root = otherwise
      ? choice(calls, writeSchema(book, otherwise.schema, { param: otherwise.param, prefix: "answer-" }))
      : calls;
    book.define("root", root);
  } catch (error) {
    if (!(error instanceof GrammarTooLargeError)) throw error;
    throw refuse("tools", `${error.message}. Offer fewer tools, with shorter enums and fewer optional properties`);
  }
  return book.toString() + PRIMITIVES;
}

export interface AnswerSchema {
  readonly schema: unknown;
  readonly param?: string;
}

/** What is left to write of the first call's beginning. */
function opening(written: string | undefined): string {
  if (written === undefined) return `${TOOL_CALL.open}\n${CALL_START}`;
  return written === "" ? `\n${CALL_START}` : CALL_START.slice(written.trimStart().length);
}

/**
 * Which tools have parameters that can be expressed. Tried in a book that is thrown away: rules of those that cannot must
 * not stay. All tools share its bounds and those of the work, as one schema would have them.
 */
function findExpressible(tools: readonly Tool[]): boolean[] {
  const book = new RuleBook();
  const budget = { visits: MOST_VISITS };
  return tools.map((tool, index) => {
    try {
      parameters(book, tool, { prefix: `tool${index}-`, budget });
      return true;
    } catch (error) {
      if (tool.strict || !(error instanceof UnsupportedRequestError)) throw error;
      return false;
    }
  });
}

function parameters(book: RuleBook, { parameters: schema, path }: Tool, place: SchemaPlace): Expression {
  if (schema === undefined || takesNothing(schema)) return text("{}");
  return writeSchema(book, { type: "object", ...schema }, { ...place, param: `${path}.parameters` });
}

/** Clients write a function without arguments so; any object would be valid under it. */
function takesNothing(schema: Readonly<Record<string, unknown>>): boolean {
  const { properties } = schema;
  if (!isSchema(properties) || Object.keys(properties).length > 0) return false;
  const others = constraints(schema).filter((keyword) => keyword !== "type" && keyword !== "properties");
  return others.every(
    (keyword) => schema[keyword] === false || (keyword === "required" && JSON.stringify(schema.required) === "[]"),
  );
}

interface Entry {
  /** No one is the beginning of another's. */
  readonly rest: string;
  readonly then: Expression;
}

/** Names with what follows each, as a prefix tree: what they begin with alike is read once. */
function tree(book: RuleBook, entries: readonly Entry[]): Expression {
  const [first, ...others] = entries;
  if (first === undefined) throw new Error("a tree of nothing");
  if (others.length === 0) return sequence(text(first.rest), first.then);
  let shared = 0;
  while (others.every(({ rest }) => rest[shared] === first.rest[shared])) shared += 1;
  const groups = new Map<string, Entry[]>();
  for (const { rest, then } of entries) {
    const group = groups.get(rest[shared] ?? "") ?? [];
    group.push({ rest: rest.slice(shared), then });
    groups.set(rest[shared] ?? "", group);
  }
  const branches = [...groups.values()].map((group) => book.rule(tree(book, group)));
  const fork = { ...choice(...branches), width: Math.max(branches.length, widest(branches)) };
  return shared === 0 ? fork : sequence(text(first.rest.slice(0, shared)), fork);
}
