import { EMPTY, type Expression, reference, repeat, sequence, choice } from "./expression.js";

/**
 * Bounds of a whole grammar. llama.cpp reads a grammar on the event loop and keeps it outside of the JavaScript heap, so
 * these bound both: at the limit about 5 ms and 1.5 MB an answer (`npm run bench -- hostile-schemas` measures it).
 */
export const MOST_RULES = 5_000;
export const MOST_ELEMENTS = 100_000;

/** Thrown when a grammar outgrows its bounds; the caller knows which schema it was. */
export class GrammarTooLargeError extends Error {
  constructor(
    readonly bound: number,
    readonly what: "rules" | "elements",
  ) {
    super(`needs a grammar of more than ${bound} ${what}`);
    this.name = "GrammarTooLargeError";
  }
}

/** The rules of one grammar. The same expression is one rule, however often it is asked for. */
export class RuleBook {
  readonly #names = new Map<string, string>();
  readonly #lines: string[] = [];
  readonly #characters = new Map<string, Expression>();
  readonly #ends = new Map<string, Expression["ends"]>();
  #rules = 0;
  #elements = 0;

  /** A name for an expression, so that it can be repeated and used in several places. */
  rule(expression: Expression): Expression {
    if (expression === EMPTY || (expression.atom && expression.rules === 0 && expression.elements < 3)) {
      return expression;
    }
    let name = this.#names.get(expression.source);
    if (name === undefined) {
      name = `rule${this.#names.size}`;
      this.#names.set(expression.source, name);
      this.define(name, expression);
    }
    return reference(name, expression);
  }

  /** A rule under a name of the caller's choice. */
  define(name: string, { source, rules, elements, ends }: Expression): void {
    this.#ends.set(name, ends);
    this.#charge(rules + 1, elements + 1);
    this.#lines.push(`${name} ::= ${source}\n`);
  }

  /** Adds rules as they are. */
  addText(lines: string): void {
    if (!this.#lines.includes(lines)) this.#lines.push(lines);
  }

  /**
   * A single character `least` to `most` times. A plain repetition costs a rule for each time that may be left out; here
   * blocks of about the square root of the distance are counted, and then single characters: two readings at a time.
   */
  characters(character: Expression, least: number, most?: number): Expression {
    const key = `${character.source} ${least} ${most}`;
    const counted = this.#characters.get(key) ?? this.#count(character, least, most);
    this.#characters.set(key, counted);
    return counted;
  }

  #count(character: Expression, least: number, most: number | undefined): Expression {
    const distance = (most ?? 0) - least;
    if (most === undefined || distance <= PLAIN) return repeat(character, least, most);
    const size = Math.ceil(Math.sqrt(distance));
    const blocks = Math.floor(distance / size);
    const block = this.rule(repeat(character, size, size));
    const rest = this.rule(repeat(character, 0, size - 1));
    let chain = this.rule(repeat(character, 0, distance - blocks * size));
    for (let index = 0; index < blocks; index += 1) chain = this.rule(choice(sequence(block, chain), rest));
    const counted: Expression = { ...chain, width: 2, shortest: 0, longest: distance };
    return { ...sequence(repeat(character, least, least), counted), width: 2 };
  }

  /** False when a rule can only go on and on: a definition that has to contain itself. */
  canEnd(name: string): boolean {
    const ending = new Set<string>();
    for (let before = -1; before < ending.size;) {
      before = ending.size;
      for (const [rule, ends] of this.#ends) if (ends(ending)) ending.add(rule);
    }
    return ending.has(name);
  }

  toString(): string {
    return this.#lines.join("");
  }

  #charge(rules: number, elements: number): void {
    this.#rules += rules;
    this.#elements += elements;
    if (this.#rules > MOST_RULES) throw new GrammarTooLargeError(MOST_RULES, "rules");
    if (this.#elements > MOST_ELEMENTS) throw new GrammarTooLargeError(MOST_ELEMENTS, "elements");
  }
}

/** Up to this distance a plain repetition is the smaller one. */
const PLAIN = 32;
