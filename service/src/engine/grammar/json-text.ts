/**
 * JSON as grammar: characters of strings, literals, and any value at all.
 *
 * White space is at most one blank after `,` and `:`, numbers have at most 16 digits, and nesting is bounded where the
 * schema says nothing, so that a model that writes without sense comes to an end.
 */
import { choice, type Expression, EMPTY, optional, sequence, set, text, widest } from "./expression.js";
import { MOST_ELEMENTS, GrammarTooLargeError, type RuleBook } from "./rule-book.js";

export const PRIMITIVES = `char ::= [^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\/bfnrt] | "u" ([0-9a-cA-CefEF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}))
string ::= "\\"" char* "\\""
integer ::= "-"? ("0" | [1-9] [0-9]{0,15})
number ::= integer ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?
boolean ::= "true" | "false"
null ::= "null"
space ::= " "?
`;

const named = (source: string, width: number, shortest: number, longest: number): Expression => ({
  ...EMPTY,
  source,
  elements: 1,
  width,
  shortest,
  longest,
});

/** A character of a string: raw, or an escape of one that is no half of a surrogate pair, so that it counts as one. */
export const CHARACTER: Expression = named("char", 1, 1, 1);
export const STRING: Expression = named("string", 1, 2, Infinity);
export const INTEGER: Expression = named("integer", 2, 1, 17);
export const NUMBER: Expression = named("number", 4, 1, 40);
export const BOOLEAN: Expression = named("boolean", 1, 4, 5);
export const NULL: Expression = named("null", 1, 4, 4);
const SPACE: Expression = named("space", 1, 0, 1);
export const QUOTE: Expression = text('"');
export const COMMA: Expression = { ...sequence(text(","), SPACE), width: 1 };
export const COLON: Expression = { ...sequence(text(":"), SPACE), width: 1 };

/** Any value, with containers nested to this depth. */
const ANY_DEPTH = 4;
export function anyValue(book: RuleBook, kind: "value" | "object" | "array" = "value"): Expression {
  book.addText(anyRules(ANY_DEPTH + 1));
  return named(`${kind}${kind === "value" ? ANY_DEPTH : ANY_DEPTH - 1}`, 6, 1, Infinity);
}

/** The grammar of any JSON object: `response_format: {type: "json_object"}`. */
export function anyObjectGrammar(): string {
  return `root ::= object${OBJECT_DEPTH - 1}\n${anyRules(OBJECT_DEPTH)}${PRIMITIVES}`;
}
const OBJECT_DEPTH = 8;

function anyRules(levels: number): string {
  return Array.from({ length: levels }, (_, depth) => {
    const nested = depth === 0 ? "" : ` | object${depth - 1} | array${depth - 1}`;
    const value = `value${depth}`;
    return (
      `${value} ::= string | number | boolean | null${nested}\n` +
      `object${depth} ::= "{" (string ":" space ${value} ("," space string ":" space ${value})*)? "}"\n` +
      `array${depth} ::= "[" (${value} ("," space ${value})*)? "]"\n`
    );
  }).join("");
}

/**
 * One of these values, as a prefix tree: where several share a beginning, it is read once.
 *
 * A vocabulary need not have a token for every character, and tokens that are parts of one never occur in constrained
 * answers (`whole-characters.ts`). Every vocabulary has ASCII, so whatever is not may also be written as `\uXXXX`. Values
 * that begin with very many different characters are written so only.
 */
export function literals(book: RuleBook, values: readonly unknown[]): Expression {
  const texts = values.map((value) => JSON.stringify(value));
  if (texts.reduce((total, json) => total + json.length, 0) > MOST_ELEMENTS) {
    throw new GrammarTooLargeError(MOST_ELEMENTS, "elements");
  }
  const raw = growTree(texts.map((json) => Array.from(json)));
  if (raw.broadest <= MOST_BRANCHES) return write(book, raw.root);
  return write(book, growTree(texts.map((json) => Array.from(json.replace(NOT_ASCII, escapes)))).root);
}

const MOST_BRANCHES = 64;
const NOT_ASCII = /[^\x20-\x7e]/g;

interface Node {
  readonly next: Map<string, Node>;
  ends: boolean;
}

function growTree(texts: readonly (readonly string[])[]): { root: Node; broadest: number } {
  const root: Node = { next: new Map(), ends: false };
  let broadest = 1;
  for (const characters of texts) {
    let node = root;
    for (const character of characters) {
      let next = node.next.get(character);
      if (next === undefined) {
        next = { next: new Map(), ends: false };
        node.next.set(character, next);
        broadest = Math.max(broadest, node.next.size);
      }
      node = next;
    }
    node.ends = true;
  }
  return { root, broadest };
}

function write(book: RuleBook, from: Node): Expression {
  const parts: Expression[] = [];
  let ascii = "";
  let node = from;
  const flush = (): void => {
    if (ascii !== "") parts.push(text(ascii));
    ascii = "";
  };
  for (;;) {
    if (node.next.size === 0) {
      flush();
      return exactly(parts);
    }
    if (node.next.size > 1 || node.ends) break;
    for (const [character, next] of node.next) {
      const written = letter(character);
      if (written.atom && written.rules === 0) ascii += character;
      else {
        flush();
        parts.push(written);
      }
      node = next;
    }
  }
  flush();
  const letters = [...node.next.keys()].map(letter);
  const branches = [...node.next.values()].map((next, index) => exactly([letters[index] ?? EMPTY, write(book, next)]));
  const all = book.rule(choice(...branches));
  // The sum over a tree counts leaves; at any moment no more than the branches of one fork are followed.
  const width = letters.reduce((total, one) => total + one.width, 0);
  const fork = { ...(node.ends ? optional(all) : all), width };
  return exactly([...parts, fork]);
}

function exactly(parts: readonly Expression[]): Expression {
  return parts.length === 1 ? (parts[0] ?? EMPTY) : { ...sequence(...parts), width: widest(parts) };
}

function letter(character: string): Expression {
  const escaped = character.replace(NOT_ASCII, escapes);
  return escaped === character ? text(character) : choice(text(character), text(escaped));
}

/** An astral character is two escapes: the expression sees its halves one after the other. */
function escapes(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A character that is not ASCII, as escape alone: `[...]` of others cannot be relied on. */
export function escapedCharacter(character: string): Expression {
  return text(character.replace(NOT_ASCII, escapes));
}

export const HEX: Expression = set("[0-9a-f]");
