/**
 * Turns a JSON Schema into a GBNF grammar for llama.cpp.
 *
 * The promise: every text that the grammar accepts is valid under the schema, and whatever cannot be expressed is refused
 * rather than ignored. Not every valid text is accepted: a grammar may be narrower than its schema.
 *
 * llama.cpp's converter skips keywords that it does not know: docs/decisions/schema-to-grammar.md.
 */
import { Ambiguity } from "./ambiguity.js";
import { choice, EMPTY, type Expression, optional, reference, repeat, sequence, text, widest } from "./expression.js";
import {
  anyValue,
  BOOLEAN,
  CHARACTER,
  COLON,
  COMMA,
  INTEGER,
  literals,
  NULL,
  NUMBER,
  PRIMITIVES,
  QUOTE,
  STRING,
} from "./json-text.js";
import { constraints, type Kind, KIND_KEYWORDS, kindOf, quoted, refuse, type Schema } from "./keywords.js";
import { allowed, excludeEachOther, propertiesOf } from "./merge-schemas.js";
import { decimalsBetween, integersBetween } from "./number-range.js";
import { UnsupportedPatternError } from "./pattern-piece.js";
import { GrammarTooLargeError, RuleBook } from "./rule-book.js";
import { asSchema, ownTypes, SchemaDocument } from "./schema-document.js";
import { FORMATS } from "./string-formats.js";
import { patternExpression } from "./string-pattern.js";

const MOST_DEPTH = 64;
/** llama.cpp refuses repetitions beyond this. */
const MOST_REPETITIONS = 2000;
/** Longer strings are valid, and are not written: no answer of a default context has room for more. */
const LONGEST_STRING = 10_000;
/** Each reading costs a look at the whole vocabulary, about a millisecond with 150,000 tokens. */
const MOST_READINGS = 128;
/** Alternatives that begin alike multiply with each element of a list that a token spans. */
const MOST_ALIKE = 32;
const MOST_ALTERNATIVES = 128;
const LONGEST_SCHEMA = 200_000;

/**
 * The grammar of a schema: `response_format: {type: "json_schema"}`.
 *
 * @throws {UnsupportedRequestError} naming the keyword that cannot be expressed and where it stands
 */
export function schemaGrammar(schema: unknown, param = "response_format.json_schema.schema"): string {
  if (JSON.stringify(schema).length > LONGEST_SCHEMA) {
    throw refuse(param, `is longer than ${LONGEST_SCHEMA} characters of JSON. Split it, or leave out descriptions`);
  }
  try {
    return new GrammarBuilder(new SchemaDocument(schema, param)).build();
  } catch (error) {
    if (!(error instanceof GrammarTooLargeError)) throw error;
    throw refuse(
      param,
      `${error.message}. Lower maxItems, use fewer optional properties and shorter enums, or split the schema`,
    );
  }
}

/** What is written for a schema, and the definitions that it refers to. */
interface Value {
  readonly expression: Expression;
  readonly uses: ReadonlySet<string>;
}

/** Where the builder stands. */
interface Place {
  readonly path: string;
  readonly depth: number;
  /** The definition whose rule is being written. */
  readonly owner: string;
  /** References since the last bracket: one of them again would be a rule that begins with itself. */
  readonly open: readonly string[];
}

class GrammarBuilder {
  readonly #book = new RuleBook();
  readonly #definitions = new Map<string, Value>();
  readonly #ambiguity = new Ambiguity();

  constructor(readonly document: SchemaDocument) {}

  build(): string {
    const { root, param } = this.document;
    const { expression } = this.#value(root, { path: param, depth: 0, owner: "root", open: [] });
    const doubling = this.#ambiguity.findDoubling();
    if (doubling !== undefined) {
      throw refuse(
        doubling,
        "has several alternatives that lead back to it and begin alike, so that each level doubles the ways to read a text. " +
          "Make a constant the first property of each",
      );
    }
    this.#book.define("root", expression);
    if (!this.#book.canEnd("root")) {
      throw refuse(param, "asks for a value that contains itself without end. Make the property that does so optional");
    }
    return this.#book.toString() + PRIMITIVES;
  }

  #value(given: unknown, place: Place): Value {
    const { path, depth } = place;
    const schema = asSchema(given, path);
    this.document.visit();
    if (depth > MOST_DEPTH) throw refuse(path, `is nested more than ${MOST_DEPTH} deep`);
    if (this.document.isReference(schema)) return this.#reference(schema.$ref, place);
    const flat = this.document.flatten(schema, path);
    const alternatives = (["anyOf", "oneOf"] as const).filter((keyword) => keyword in flat);
    if (alternatives.length > 1) throw refuse(`${path}.oneOf`, "stands beside anyOf, and the two cannot be joined");
    const [keyword] = alternatives;
    const value = keyword ? this.#alternatives(flat, keyword, place) : this.#plain(flat, place);
    if (value.expression.width > MOST_READINGS) {
      throw refuse(
        path,
        `can be read in ${value.expression.width} ways at once, more than ${MOST_READINGS}. ` +
          "Use fewer alternatives that begin alike, and fewer optional properties",
      );
    }
    return value;
  }

  #reference(given: unknown, { path, depth, open }: Place): Value {
    const { schema, path: at } = this.document.target(given, path);
    const known = this.#definitions.get(at);
    if (open.includes(at)) throw refuse(path, `(${quoted(given)}) refers to itself before any value begins`);
    if (known) return known;
    const name = `definition${this.#definitions.size}`;
    const uses = new Set([name]);
    this.#definitions.set(at, { expression: reference(name, { ...EMPTY, shortest: 1, longest: Infinity }), uses });
    const value = this.#value(schema, { path: at, depth: depth + 1, owner: name, open: [...open, at] });
    this.#ambiguity.addDefinition(name, value.uses);
    this.#book.define(name, value.expression);
    const done = { expression: reference(name, value.expression), uses };
    this.#definitions.set(at, done);
    return done;
  }

  #alternatives(flat: Schema, keyword: "anyOf" | "oneOf", place: Place): Value {
    const { path } = place;
    const { [keyword]: listed, ...base } = flat;
    if (!Array.isArray(listed) || listed.length === 0) throw refuse(`${path}.${keyword}`, "must be a list of schemas");
    const beside = constraints(base).length > 0;
    const branches = listed.map((branch: unknown, index) => ({
      schema: beside ? { allOf: [base, branch] } : branch,
      path: `${path}.${keyword}[${index}]`,
    }));
    if (keyword === "oneOf") this.#refuseOverlap(branches);
    const named = this.#namedValues(branches);
    if (named) return alone(literals(this.#book, named));
    const values = branches.map((branch) =>
      this.#value(branch.schema, { ...place, path: branch.path, depth: place.depth + 1 }),
    );
    const groups = new Map<Kind, number[]>();
    branches.forEach((branch, index) => {
      for (const kind of this.document.kinds(branch.schema, branch.path)) {
        const group = groups.get(kind);
        if (group) group.push(index);
        else groups.set(kind, [index]);
      }
    });
    let width = 1;
    for (const [kind, members] of groups) {
      const widths = members.map((index) => values[index]?.expression.width ?? 1);
      const toldApart =
        kind === "object" &&
        this.#areToldApart(
          members.map((index) => branches[index]?.schema),
          path,
        );
      if ((kind === "object" || kind === "array") && !toldApart && members.length > 1) {
        this.#ambiguity.addFork(
          place.owner,
          members.map((index) => values[index]?.uses ?? new Set()),
          path,
        );
      }
      const together = widths.reduce((total, one) => total + one, 0);
      if (!toldApart && members.length > 1 && together > MOST_ALIKE) {
        throw refuse(
          path,
          `has alternatives for ${kind} values that can be read in ${together} ways at once, more than ${MOST_ALIKE}. ` +
            "Use fewer, an enum, or objects with another const as their first property",
        );
      }
      width = Math.max(width, toldApart ? Math.max(members.length, ...widths) : together);
    }
    return {
      expression: { ...choice(...values.map(({ expression }) => expression)), width },
      uses: union(values),
    };
  }

  /** The values of alternatives that only name values: one enum, which is one tree. */
  #namedValues(branches: readonly { readonly schema: unknown; readonly path: string }[]): unknown[] | undefined {
    const named: unknown[] = [];
    for (const { schema, path } of branches) {
      const flat = this.document.flatten(asSchema(schema, path), path);
      const values = allowed(flat);
      if (!values || constraints(flat).some((keyword) => !["enum", "const", "type"].includes(keyword)))
        return undefined;
      named.push(...this.#fitting(values, ownTypes(flat, path), path));
    }
    return named;
  }

  /** With `oneOf` a value must fit one schema and no other. */
  #refuseOverlap(branches: readonly { readonly schema: unknown; readonly path: string }[]): void {
    if (branches.length > MOST_ALTERNATIVES) {
      throw refuse(
        branches[0]?.path ?? "",
        `is one of more than ${MOST_ALTERNATIVES} alternatives of oneOf. Use anyOf`,
      );
    }
    branches.forEach((one, index) => {
      for (const other of branches.slice(0, index)) {
        if (this.document.areDisjoint(one.schema, other.schema, one.path)) continue;
        throw refuse(
          one.path,
          `may allow a value that ${other.path} allows too, and oneOf forbids such. Use anyOf, or a property with another const in each`,
        );
      }
    });
  }

  /** True when each alternative begins with the same property and none of its values is another's. */
  #areToldApart(schemas: readonly unknown[], path: string): boolean {
    const first = schemas.map((schema) => this.document.firstValues(schema, path));
    const seen: unknown[] = [];
    return first.every((property) => {
      if (!property || property.name !== first[0]?.name || !excludeEachOther(seen, property.values)) return false;
      seen.push(...property.values);
      return true;
    });
  }

  #plain(flat: Schema, place: Place): Value {
    const { path } = place;
    const types = ownTypes(flat, path);
    const values = allowed(flat);
    if (values || "enum" in flat) return alone(this.#literals(flat, values ?? [], types, path));
    const parts = types.map((type) => this.#typed(type, flat, place));
    const numeric = types.includes("integer") && types.includes("number");
    return {
      expression: {
        ...choice(...parts.map(({ expression }) => expression)),
        width: numeric
          ? parts.reduce((total, { expression }) => total + expression.width, 0)
          : widest(parts.map(({ expression }) => expression)),
      },
      uses: union(parts),
    };
  }

  #literals(flat: Schema, values: readonly unknown[], types: readonly string[], path: string): Expression {
    const beside = Object.values(KIND_KEYWORDS)
      .flat()
      .find((keyword) => keyword in flat);
    if (beside !== undefined) {
      throw refuse(
        `${path}.${beside}`,
        "stands beside enum or const. Leave it out and name only values that it allows",
      );
    }
    return literals(this.#book, this.#fitting(values, types, path));
  }

  #fitting(values: readonly unknown[], types: readonly string[], path: string): unknown[] {
    const fitting = values.filter((value) => {
      const kind = kindOf(value);
      return types.includes(kind) || (kind === "number" && Number.isInteger(value) && types.includes("integer"));
    });
    if (fitting.length === 0) throw refuse(`${path}.enum`, "must be a list with a value of the type");
    if (!isFinite(fitting)) throw refuse(`${path}.enum`, "has a number that is too large");
    return fitting;
  }

  #typed(type: string, flat: Schema, place: Place): Value {
    switch (type) {
      case "object":
        return this.#object(flat, place);
      case "array":
        return this.#array(flat, place);
      case "string":
        return alone(this.#string(flat, place.path));
      case "integer":
      case "number":
        return alone(number(flat, type, place.path));
      case "boolean":
        return alone(BOOLEAN);
      default:
        return alone(NULL);
    }
  }

  #string(flat: Schema, path: string): Expression {
    const [least, most] = bounds(flat, "minLength", "maxLength", path);
    const { pattern, format } = flat;
    if (pattern === undefined && format === undefined) {
      if (least === 0 && most === undefined) return STRING;
      return this.#quoted(this.#book.characters(CHARACTER, least, most && Math.min(most, LONGEST_STRING)));
    }
    if (pattern !== undefined && format !== undefined) {
      throw refuse(`${path}.pattern`, "stands beside format, and a grammar cannot hold both. Leave one of them out");
    }
    const inside = pattern === undefined ? formatted(format, path) : this.#pattern(pattern, path);
    if (inside.shortest < least || inside.longest > (most ?? Infinity)) {
      const [keyword, bound] = inside.shortest < least ? ["minLength", least] : ["maxLength", most];
      throw refuse(
        `${path}.${keyword}`,
        `(${bound}) stands beside ${pattern === undefined ? "format" : "pattern"}, which also allows other lengths. ` +
          "Write the length into the pattern, such as ^[a-z]{2,8}$",
      );
    }
    return this.#quoted(inside);
  }

  #quoted(inside: Expression): Expression {
    return this.#book.rule({ ...sequence(QUOTE, inside, QUOTE), width: inside.width });
  }

  #pattern(pattern: unknown, path: string): Expression {
    if (typeof pattern !== "string") throw refuse(`${path}.pattern`, `(${quoted(pattern)}) must be a text`);
    try {
      return patternExpression(this.#book, pattern);
    } catch (error) {
      if (!(error instanceof UnsupportedPatternError)) throw error;
      throw refuse(
        `${path}.pattern`,
        `(${quoted(pattern)}) has a part that cannot be turned into a grammar here: ${error.message}`,
      );
    }
  }

  #object(flat: Schema, place: Place): Value {
    const { path } = place;
    const properties = this.#members(flat, path);
    const [least, most] = bounds(flat, "minProperties", "maxProperties", path);
    if (properties.length === 0) return this.#map(flat, least, most, place);
    const always = properties.filter(({ required }) => required).length;
    if (always < least) {
      throw refuse(`${path}.minProperties`, `(${least}) is more than the ${always} properties that are required`);
    }
    if (properties.length > (most ?? Infinity)) {
      throw refuse(`${path}.maxProperties`, `(${most}) is less than the ${properties.length} properties of the schema`);
    }
    if (flat.propertyNames !== undefined)
      throw refuse(`${path}.propertyNames`, "stands beside properties. Leave it out");
    const values = properties.map(({ name, schema }) =>
      this.#value(schema, { ...place, path: `${path}.properties.${name}`, depth: place.depth + 1, open: [] }),
    );
    const members = properties.map(({ name, required }, index) => ({
      required,
      expression: this.#book.rule(sequence(literals(this.#book, [name]), COLON, values[index]?.expression ?? EMPTY)),
    }));
    const run = longestRun(members.map(({ required }) => required));
    return {
      expression: this.#book.rule({
        ...sequence(text("{"), this.#chain(members), text("}")),
        width: widest(values.map(({ expression }) => expression)) + run,
      }),
      uses: union(values),
    };
  }

  /** The properties in the order of the schema; those that may be left out may be left out. */
  #chain(members: readonly { readonly required: boolean; readonly expression: Expression }[]): Expression {
    let later = EMPTY;
    let first = EMPTY;
    for (const { required, expression } of members.toReversed()) {
      const here = sequence(expression, later);
      const next = sequence(COMMA, expression, later);
      if (required) first = this.#book.rule(here);
      else first = first === EMPTY ? optional(this.#book.rule(here)) : this.#book.rule(choice(here, first));
      if (required) later = this.#book.rule(next);
      else later = later === EMPTY ? this.#book.rule(optional(next)) : this.#book.rule(choice(next, later));
    }
    return first;
  }

  #members(flat: Schema, path: string): { name: string; schema: unknown; required: boolean }[] {
    const { required = [], additionalProperties = true } = flat;
    if (!Array.isArray(required) || required.some((name) => typeof name !== "string")) {
      throw refuse(`${path}.required`, `(${quoted(required)}) must be a list of names`);
    }
    const properties = propertiesOf(flat, path);
    const names = new Set(required as string[]);
    const described = Object.entries(properties).map(([name, schema]) => ({
      name,
      schema,
      required: this.document.isAlwaysWritten(flat, name, path),
    }));
    // What is required and not described follows the rule for all others.
    const others = [...names]
      .filter((name) => !Object.hasOwn(properties, name))
      .map((name) => ({ name, schema: additionalProperties, required: true }));
    return [...described, ...others].filter(({ name, schema, required: needed }) => {
      if (schema === false && needed) throw refuse(`${path}.required`, `names ${quoted(name)}, which is not allowed`);
      return schema !== false;
    });
  }

  /** An object whose names the schema does not list. */
  #map(flat: Schema, least: number, most: number | undefined, place: Place): Value {
    const { path } = place;
    const { additionalProperties = true, propertyNames } = flat;
    if (most === 0 || additionalProperties === false) {
      if (least > 0) throw refuse(`${path}.minProperties`, `(${least}) asks for properties, and none are allowed`);
      return alone(text("{}"));
    }
    // A name may come twice, and then counts once.
    if (least > 1)
      throw refuse(`${path}.minProperties`, `(${least}) must be 0 or 1: a grammar cannot tell names apart`);
    if (
      propertyNames === undefined &&
      constraints(asSchema(additionalProperties, path)).length === 0 &&
      least === 0 &&
      most === undefined
    ) {
      return alone(anyValue(this.#book, "object"));
    }
    const inner = { ...place, depth: place.depth + 1, open: [] };
    const name = this.#value(
      { allOf: [{ type: "string" }, propertyNames ?? true] },
      { ...inner, path: `${path}.propertyNames` },
    );
    const value = this.#value(additionalProperties, { ...inner, path: `${path}.additionalProperties` });
    const member = this.#book.rule(sequence(name.expression, COLON, value.expression));
    return {
      expression: this.#book.rule({
        ...sequence(text("{"), this.#list(member, least, most), text("}")),
        width: widest([name.expression, value.expression]) + 1,
      }),
      uses: union([name, value]),
    };
  }

  #array(flat: Schema, place: Place): Value {
    const { path } = place;
    const { items = true, prefixItems, uniqueItems = false } = flat;
    const [least, most] = bounds(flat, "minItems", "maxItems", path);
    if (uniqueItems !== false && (most === undefined || most > 1)) {
      throw refuse(
        `${path}.uniqueItems`,
        "cannot be turned into a grammar here. Leave it out and check it in the client",
      );
    }
    const inner = { ...place, depth: place.depth + 1, open: [] };
    if (prefixItems !== undefined) return this.#tuple(prefixItems, items, least, most, inner);
    if (most === 0 || items === false) {
      if (least > 0) throw refuse(`${path}.minItems`, `(${least}) asks for elements, and none are allowed`);
      return alone(text("[]"));
    }
    if (constraints(asSchema(items, `${path}.items`)).length === 0 && least === 0 && most === undefined) {
      return alone(anyValue(this.#book, "array"));
    }
    const { expression, uses } = this.#value(items, { ...inner, path: `${path}.items` });
    const list = this.#list(this.#book.rule(expression), least, most);
    return {
      expression: this.#book.rule({ ...sequence(text("["), list, text("]")), width: expression.width + 1 }),
      uses,
    };
  }

  #list(item: Expression, least: number, most: number | undefined): Expression {
    const more = this.#book.rule(sequence(COMMA, item));
    const list = sequence(item, repeat(more, Math.max(0, least - 1), most === undefined ? undefined : most - 1));
    return least === 0 ? optional(this.#book.rule(list)) : list;
  }

  /** The first elements each have their own schema. Further ones are written only where `minItems` asks for them. */
  #tuple(prefix: unknown, items: unknown, least: number, most: number | undefined, inner: Place): Value {
    const { path } = inner;
    if (!Array.isArray(prefix) || prefix.length > MOST_REPETITIONS) {
      throw refuse(`${path}.prefixItems`, `must be a list of up to ${MOST_REPETITIONS} schemas`);
    }
    const schemas: unknown[] = (prefix as unknown[]).slice(0, most);
    const values = schemas.map((schema, index) =>
      this.#value(schema, { ...inner, path: `${path}.prefixItems[${index}]` }),
    );
    if (values.length < least) {
      const further = this.#value(items, { ...inner, path: `${path}.items` });
      while (values.length < least) values.push(further);
    }
    let rest = EMPTY;
    values.toReversed().forEach(({ expression }, fromEnd) => {
      const index = values.length - 1 - fromEnd;
      const here = this.#book.rule(sequence(index === 0 ? EMPTY : COMMA, expression, rest));
      rest = index < least ? here : this.#book.rule(optional(here));
    });
    return {
      expression: this.#book.rule({
        ...sequence(text("["), rest, text("]")),
        width: widest(values.map(({ expression }) => expression)) + 1,
      }),
      uses: union(values),
    };
  }
}

function number(flat: Schema, type: "integer" | "number", path: string): Expression {
  const [minimum, maximum] = [numeric(flat, "minimum", path), numeric(flat, "maximum", path)];
  const [over, under] = [numeric(flat, "exclusiveMinimum", path), numeric(flat, "exclusiveMaximum", path)];
  const bounded = [minimum, maximum, over, under].some((bound) => bound !== undefined);
  if (!bounded) return type === "integer" ? INTEGER : NUMBER;
  const above = over !== undefined && over >= (minimum ?? -Infinity);
  const below = under !== undefined && under <= (maximum ?? Infinity);
  const [least, most] = [above ? over : minimum, below ? under : maximum];
  const range =
    type === "integer"
      ? integersBetween({
          least: above && least !== undefined ? Math.floor(least) + 1 : least,
          most: below && most !== undefined ? Math.ceil(most) - 1 : most,
        })
      : decimalsBetween({ least, most, above, below });
  if (!range) {
    throw refuse(
      path,
      "has bounds between which no number of nine digits before the point and six after it can be written",
    );
  }
  return range;
}

function numeric(flat: Schema, keyword: string, path: string): number | undefined {
  const bound = flat[keyword];
  if (bound === undefined) return undefined;
  if (typeof bound === "number" && Number.isFinite(bound)) return bound;
  throw refuse(`${path}.${keyword}`, `(${quoted(bound)}) must be a number`);
}

function formatted(format: unknown, path: string): Expression {
  const known = typeof format === "string" ? FORMATS.get(format) : undefined;
  if (known) return known;
  throw refuse(
    `${path}.format`,
    `(${quoted(format)}) must be one of ${[...FORMATS.keys()].join(", ")}. Leave it out and check it in the client`,
  );
}

function bounds(flat: Schema, least: string, most: string, path: string): [number, number | undefined] {
  const read = (keyword: string): number | undefined => {
    const value = flat[keyword];
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
      throw refuse(`${path}.${keyword}`, `(${quoted(value)}) must be a whole number from 0`);
    }
    return value;
  };
  const low = read(least) ?? 0;
  const high = read(most);
  if (low > MOST_REPETITIONS) throw refuse(`${path}.${least}`, `(${low}) must be at most ${MOST_REPETITIONS}`);
  if (high !== undefined && high < low)
    throw refuse(`${path}.${most}`, `(${high}) must not be below ${least} (${low})`);
  // More of them would be valid; they are not written.
  return [low, most === "maxLength" || high === undefined ? high : Math.min(high, MOST_REPETITIONS)];
}

const alone = (expression: Expression): Value => ({ expression, uses: new Set() });

function union(values: readonly Value[]): ReadonlySet<string> {
  return new Set(values.flatMap(({ uses }) => [...uses]));
}

/** The longest row of members that may be left out, each of which begins like its neighbours. */
function longestRun(required: readonly boolean[]): number {
  let [longest, run] = [0, 0];
  for (const needed of required) {
    run = needed ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** False when a number in it was too large for JSON.parse: it would be written as null. */
function isFinite(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isFinite);
}
