/**
 * The part of ECMAScript's regular expressions that a grammar can spell, for `pattern`: characters, classes, groups,
 * alternatives, greedy counts, and anchors at both ends.
 */
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

/** The inside of a JSON string that matches the pattern somewhere, or at its anchors. */
export function patternExpression(book: RuleBook, pattern: string): Expression {
  if (pattern.length > LONGEST_PATTERN) throw new UnsupportedPatternError(`more than ${LONGEST_PATTERN} characters`);
  const characters = Array.from(pattern);
  const atStart = characters[0] === "^";
  const atEnd = characters.at(-1) === "$" && characters.at(-2) !== "\\";
  const parser = new Parser(book, characters.slice(atStart ? 1 : 0, atEnd ? -1 : undefined));
  const body = parser.whole();
  if ((atStart || atEnd) && parser.hasTopLevelChoice) {
    throw new UnsupportedPatternError("anchors beside alternatives: write ^(a|b)$");
  }
  return inSequence([...(atStart ? [] : [ANYTHING]), body, ...(atEnd ? [] : [ANYTHING])]).expression;
}

/** A bit for each ASCII character and one for all others. */
const ALL: Characters = (1n << 129n) - 1n;
const OTHERS: Characters = 1n << 128n;
const ANYTHING: Piece = { ...one(repeat(CHARACTER, 0), ALL), more: ALL };
/** Never raw inside of a JSON string, or not one character in every reading of "line". */
const NEVER_RAW = `"\\\\\\x00-\\x1F\\x7F`;
const NO_LINE_ENDS = `\\u2028\\u2029`;
const DIGITS = "0-9";
const WORD = "A-Za-z0-9_";
const SPACES = " \\u00A0\\uFEFF\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000";
const SHORTHANDS: Readonly<Record<string, string>> = {
  d: `[${DIGITS}]`,
  w: `[${WORD}]`,
  s: "[ ]",
  D: `[^${DIGITS}${NEVER_RAW}]`,
  W: `[^${WORD}${NEVER_RAW}]`,
  S: `[^${SPACES}${NEVER_RAW}]`,
};
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v" };
const MOST_TIMES = 2000;

class Parser {
  #at = 0;
  #depth = 0;
  hasTopLevelChoice = false;

  constructor(
    readonly book: RuleBook,
    readonly characters: readonly string[],
  ) {}

  whole(): Piece {
    const body = this.#alternatives();
    if (this.#at < this.characters.length) throw this.#unsupported(this.#peek());
    return body;
  }

  #alternatives(): Piece {
    const branches = [this.#sequence()];
    while (this.#peek() === "|") {
      this.#at += 1;
      if (this.#depth === 0) this.hasTopLevelChoice = true;
      branches.push(this.#sequence());
    }
    return oneOf(branches);
  }

  #sequence(): Piece {
    const items: Piece[] = [];
    while (this.#at < this.characters.length && this.#peek() !== "|" && this.#peek() !== ")")
      items.push(this.#counted());
    return inSequence(items);
  }

  #counted(): Piece {
    const item = this.#item();
    const [least, most] = this.#count() ?? [1, 1];
    if (least === 1 && most === 1) return item;
    if (["?", "+"].includes(this.#peek())) throw this.#unsupported(`${this.#peek()} after a count`);
    return counted(this.book, item, least, most);
  }

  #count(): readonly [number, number | undefined] | undefined {
    const simple = ({ "?": [0, 1], "*": [0, undefined], "+": [1, undefined] } as const)[this.#peek()];
    if (simple) {
      this.#at += 1;
      return simple;
    }
    if (this.#peek() !== "{") return undefined;
    const counted = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(this.characters.slice(this.#at, this.#at + 12).join(""));
    const least = Number(counted?.[1]);
    const most = counted?.[2] === undefined ? least : counted[3] === undefined ? undefined : Number(counted[3]);
    if (!counted || Math.max(least, most ?? 0) > MOST_TIMES || (most !== undefined && most < least)) {
      throw this.#unsupported(`a count other than {m,n} up to ${MOST_TIMES}`);
    }
    this.#at += counted[0].length;
    return [least, most];
  }

  #item(): Piece {
    const from = this.#at;
    const character = this.#take();
    if (character === "(") return this.#group();
    if ("^$*+?{}]".includes(character)) throw this.#unsupported(`${character} here`);
    const expression = this.#character(character);
    const source = this.characters.slice(from, this.#at).join("");
    const isLiteral = !/^(?:\[|\.$|\\[dDwWsS]$)/.test(source);
    return one(expression, this.#charactersOf(source), isLiteral ? expression.source : undefined);
  }

  #character(character: string): Expression {
    switch (character) {
      case "[":
        return this.#class();
      case ".":
        return set(`[^${NEVER_RAW}${NO_LINE_ENDS}]`);
      case "\\":
        return this.#escape();
      default:
        return written(character);
    }
  }

  /** The characters that a class, an escape or a character matches. */
  #charactersOf(source: string): Characters {
    let expression: RegExp;
    try {
      expression = new RegExp(`^${source}$`, "u");
    } catch {
      throw this.#unsupported(source);
    }
    let characters = /\P{ASCII}|^\[\^|^\.$|\\[DWSux]/u.test(source) ? OTHERS : 0n;
    for (let code = 0; code < 128; code += 1) {
      if (expression.test(String.fromCharCode(code))) characters |= 1n << BigInt(code);
    }
    return characters;
  }

  #group(): Piece {
    if (this.#peek() === "?") {
      this.#at += 1;
      if (this.#take() !== ":") throw this.#unsupported("(? other than (?:");
    }
    this.#depth += 1;
    if (this.#depth > 16) throw this.#unsupported("groups nested more than 16 deep");
    const inside = this.#alternatives();
    this.#depth -= 1;
    if (this.#take() !== ")") throw this.#unsupported("( without )");
    return inside;
  }

  #escape(): Expression {
    const character = this.#take();
    const shorthand = SHORTHANDS[character];
    return shorthand === undefined ? written(this.#escaped(character)) : set(shorthand);
  }

  /** The character that an escape stands for. */
  #escaped(character: string): string {
    if (CONTROLS[character] !== undefined) return CONTROLS[character];
    if (character === "x" || character === "u") {
      const digits = this.characters.slice(this.#at, this.#at + (character === "x" ? 2 : 4)).join("");
      if (!/^([0-9a-fA-F]{2}){1,2}$/.test(digits) || digits.length !== (character === "x" ? 2 : 4)) {
        throw this.#unsupported(`\\${character} without its digits`);
      }
      const code = parseInt(digits, 16);
      if (code >= 0xd800 && code <= 0xdfff) throw this.#unsupported("half of a surrogate pair");
      this.#at += digits.length;
      return String.fromCharCode(code);
    }
    if (!/^[\^$\\.*+?()[\]{}|/-]$/.test(character)) throw this.#unsupported(`\\${character}`);
    return character;
  }

  #class(): Expression {
    const negated = this.#peek() === "^";
    if (negated) this.#at += 1;
    const members: string[] = [];
    const others: Expression[] = [];
    for (;;) {
      const first = this.#take();
      if (first === "") throw this.#unsupported("[ without ]");
      if (first === "]") break;
      const low = this.#member(first);
      if (!isCharacter(low)) {
        members.push(low === SPACES && !negated ? " " : low);
        continue;
      }
      if (this.#peek() === "-" && this.characters[this.#at + 1] !== "]") {
        this.#at += 1;
        const high = this.#member(this.#take());
        if (!isCharacter(high) || (high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0))
          throw this.#unsupported("a range");
        addRange(low, high, negated, members, others);
      } else {
        addRange(low, low, negated, members, others);
      }
    }
    if (negated) return set(`[^${members.join("")}${NEVER_RAW}]`);
    if (members.length === 0 && others.length === 0) throw this.#unsupported("[]");
    return choice(...(members.length > 0 ? [set(`[${members.join("")}]`)] : []), ...others);
  }

  /** A character, or the inside of a class that a shorthand stands for. */
  #member(character: string): string {
    if (character !== "\\") return character;
    const escaped = this.#take();
    if (escaped === "d") return DIGITS;
    if (escaped === "w") return WORD;
    if (escaped === "s") return SPACES;
    if (escaped === "b" || SHORTHANDS[escaped] !== undefined) throw this.#unsupported(`[\\${escaped}]`);
    return this.#escaped(escaped);
  }

  #peek(): string {
    return this.characters[this.#at] ?? "";
  }

  #take(): string {
    const character = this.#peek();
    this.#at += 1;
    return character;
  }

  #unsupported(what: string): UnsupportedPatternError {
    return new UnsupportedPatternError(what);
  }
}

const isCharacter = (member: string): boolean => Array.from(member).length === 1;

/** Members of a positive class that need an escape in JSON, or that no vocabulary promises, are alternatives beside it. */
function addRange(low: string, high: string, negated: boolean, members: string[], others: Expression[]): void {
  const [from, to] = [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0];
  if (negated) {
    members.push(`${code(from)}-${code(to)}`);
    return;
  }
  for (let point = from; point <= Math.min(to, 0x7f); point += 1) {
    const character = String.fromCodePoint(point);
    if (point < 0x20 || point === 0x7f || character === '"' || character === "\\") others.push(written(character));
    else members.push(code(point));
  }
  if (to <= 0x7f) return;
  const first = Math.max(from, 0x80);
  members.push(`${code(first)}-${code(to)}`);
  // One of them as escape is enough to have a way on; a class with ASCII in it has one already.
  if (from > 0x7f && !(first >= 0xd800 && first <= 0xdfff)) others.push(escapedCharacter(String.fromCodePoint(first)));
}

const code = (point: number): string => `\\U${point.toString(16).padStart(8, "0")}`;

/** One character of the text as JSON writes it; what is not ASCII also as escape. */
function written(character: string): Expression {
  const json = JSON.stringify(character).slice(1, -1);
  const ascii = escapedCharacter(json);
  const expression = ascii.source === text(json).source ? text(json) : choice(text(json), ascii);
  return { ...expression, shortest: 1, longest: 1 };
}
