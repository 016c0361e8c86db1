/**
 * The part of ECMAScript's regular expressions that a grammar can spell, for `pattern`: characters, classes, groups,
 * alternatives, greedy counts, and anchors at both ends.
 */
import { type AST, RegExpParser } from "@eslint-community/regexpp";

import { errorMessage } from "../../error-facts.js";
import { choice, type Expression, repeat, set, text } from "./expression.js";
import { CHARACTER, escapedCharacter } from "./json-text.js";
import {
  character as one,
  type Characters,
  counted,
  inSequence,
  oneOf,
  type Piece,
  UnsupportedPatternError,
} from "./pattern-piece.js";
import { type RuleBook } from "./rule-book.js";

const LONGEST_PATTERN = 1000;
const MOST_TIMES = 2000;
const MOST_DEPTH = 16;

/** The inside of a JSON string that matches the pattern somewhere, or at its anchors. */
export function patternExpression(book: RuleBook, pattern: string): Expression {
  if (pattern.length > LONGEST_PATTERN) throw new UnsupportedPatternError(`more than ${LONGEST_PATTERN} characters`);
  const [{ alternatives }, flags] = parse(pattern);
  const reading: Reading = { book, flags };
  const [elements = []] = alternatives.map((alternative) => alternative.elements);
  const [atStart, atEnd] = [isAnchor(elements[0], "start"), isAnchor(elements.at(-1), "end")];
  if (alternatives.length > 1) {
    if (alternatives.some(({ elements }) => elements.some(({ type }) => type === "Assertion"))) {
      throw new UnsupportedPatternError("anchors beside alternatives: write ^(a|b)$");
    }
    return inSequence([ANYTHING, branches(reading, alternatives, 0), ANYTHING]).expression;
  }
  const body = elements.slice(atStart ? 1 : 0, atEnd ? -1 : undefined).map((element) => piece(reading, element, 0));
  return inSequence([...(atStart ? [] : [ANYTHING]), ...body, ...(atEnd ? [] : [ANYTHING])]).expression;
}

interface Reading {
  readonly book: RuleBook;
  readonly flags: "u" | "";
}

/** By code points, as the specification wants it; where that fails, as older patterns and Python's are written. */
function parse(pattern: string): [AST.Pattern, Reading["flags"]] {
  const read = (unicode: boolean): AST.Pattern =>
    new RegExpParser({ ecmaVersion: 2024 }).parsePattern(pattern, 0, pattern.length, { unicode });
  try {
    return [read(true), "u"];
  } catch {
    try {
      return [read(false), ""];
    } catch (error) {
      throw new UnsupportedPatternError(errorMessage(error));
    }
  }
}

function isAnchor(element: AST.Element | undefined, kind: "start" | "end"): boolean {
  return element?.type === "Assertion" && element.kind === kind;
}

function branches(reading: Reading, alternatives: readonly AST.Alternative[], depth: number): Piece {
  if (depth > MOST_DEPTH) throw new UnsupportedPatternError(`groups nested more than ${MOST_DEPTH} deep`);
  return oneOf(
    alternatives.map(({ elements }) => inSequence(elements.map((element) => piece(reading, element, depth)))),
  );
}

function piece(reading: Reading, node: AST.Element, depth: number): Piece {
  switch (node.type) {
    case "CapturingGroup":
      return branches(reading, node.alternatives, depth + 1);
    case "Group":
      if (node.modifiers) break;
      return branches(reading, node.alternatives, depth + 1);
    case "Quantifier": {
      const { min, max, greedy, element } = node;
      if (!greedy || Math.max(min, max === Infinity ? 0 : max) > MOST_TIMES) break;
      const item = piece(reading, element, depth);
      return min === 1 && max === 1 ? item : counted(reading.book, item, min, max === Infinity ? undefined : max);
    }
    case "Character": {
      const expression = written(node.value);
      return one(expression, charactersOf(node, reading), expression.source);
    }
    case "CharacterSet":
      return one(set(shorthand(node)), charactersOf(node, reading));
    case "CharacterClass":
      return one(characterClass(node), charactersOf(node, reading));
  }
  throw new UnsupportedPatternError(node.raw);
}

/** A bit for each ASCII character and one for all others. */
const ALL: Characters = (1n << 129n) - 1n;
const OTHERS: Characters = 1n << 128n;
const ANYTHING: Piece = { ...one(repeat(CHARACTER, 0), ALL), more: ALL };

/** The characters that a class, an escape or a character matches. */
function charactersOf({ raw }: AST.Element, { flags }: Reading): Characters {
  const expression = new RegExp(`^${raw}$`, flags);
  let characters = /\P{ASCII}|^\[\^|^\.$|\\[DWSux]/u.test(raw) ? OTHERS : 0n;
  for (let code = 0; code < 128; code += 1) {
    if (expression.test(String.fromCharCode(code))) characters |= 1n << BigInt(code);
  }
  return characters;
}

/** Never raw inside of a JSON string, or not one character in every reading of "line". */
const NEVER_RAW = `"\\\\\\x00-\\x1F\\x7F`;
const MEMBERS = {
  digit: "0-9",
  word: "A-Za-z0-9_",
  space: " \\u00A0\\uFEFF\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000",
} as const;

function shorthand(node: AST.CharacterSet): string {
  if (node.kind === "any") return `[^${NEVER_RAW}\\u2028\\u2029]`;
  if (node.kind === "property") throw new UnsupportedPatternError(node.raw);
  if (node.negate) return `[^${MEMBERS[node.kind]}${NEVER_RAW}]`;
  return node.kind === "space" ? "[ ]" : `[${MEMBERS[node.kind]}]`;
}

/** Members of a positive class that need an escape in JSON, or that no vocabulary promises, are alternatives beside it. */
function characterClass({ negate, elements, raw }: AST.CharacterClass): Expression {
  const members: string[] = [];
  const others: Expression[] = [];
  for (const element of elements) {
    if (element.type === "CharacterSet" && element.kind !== "property" && !element.negate) {
      members.push(element.kind === "space" && !negate ? " " : MEMBERS[element.kind]);
    } else if (element.type === "Character" || element.type === "CharacterClassRange") {
      const [from, to] = element.type === "Character" ? [element, element] : [element.min, element.max];
      if (negate) members.push(`${code(from.value)}-${code(to.value)}`);
      else addRange(from.value, to.value, members, others);
    } else throw new UnsupportedPatternError(element.raw);
  }
  if (negate) return set(`[^${members.join("")}${NEVER_RAW}]`);
  if (members.length === 0 && others.length === 0) throw new UnsupportedPatternError(raw);
  return choice(...(members.length > 0 ? [set(`[${members.join("")}]`)] : []), ...others);
}

function addRange(from: number, to: number, members: string[], others: Expression[]): void {
  for (let point = from; point <= Math.min(to, 0x7f); point += 1) {
    const character = String.fromCodePoint(point);
    if (point < 0x20 || point === 0x7f || character === '"' || character === "\\") others.push(written(point));
    else members.push(code(point));
  }
  if (to <= 0x7f) return;
  const first = Math.max(from, 0x80);
  members.push(`${code(first)}-${code(to)}`);
  // One of them as escape is enough to have a way on; a class with ASCII in it has one already.
  if (from > 0x7f && !isSurrogate(first)) others.push(escapedCharacter(String.fromCodePoint(first)));
}

const code = (point: number): string => `\\U${point.toString(16).padStart(8, "0")}`;
const isSurrogate = (point: number): boolean => point >= 0xd800 && point <= 0xdfff;

/** One character of the text as JSON writes it; what is not ASCII also as escape. */
function written(point: number): Expression {
  if (isSurrogate(point)) throw new UnsupportedPatternError("half of a surrogate pair");
  const json = JSON.stringify(String.fromCodePoint(point)).slice(1, -1);
  const ascii = escapedCharacter(json);
  const expression = ascii.source === text(json).source ? text(json) : choice(text(json), ascii);
  return { ...expression, shortest: 1, longest: 1 };
}
