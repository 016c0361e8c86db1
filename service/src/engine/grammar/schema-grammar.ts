/**
 * Turns a JSON Schema into a GBNF grammar for llama.cpp.
 *
 * The promise: every text that the grammar accepts is valid under the schema, and whatever cannot be expressed is refused
 * rather than ignored. Not every valid text is accepted: a grammar may be narrower than its schema.
 *
 * llama.cpp's converter skips keywords that it does not know: docs/decisions/schema-to-grammar.md.
 */
import { alternativesGrammar } from "./alternatives.js";
import { Ambiguity } from "./ambiguity.js";
import { arrayGrammar } from "./array-grammar.js";
import { enumeration } from "./enumeration.js";
import { choice, EMPTY, type Expression, reference, widest } from "./expression.js";
import { BOOLEAN, NULL, PRIMITIVES } from "./json-text.js";
import { quoted, refuse, type Schema } from "./keywords.js";
import { allowed } from "./merge-schemas.js";
import { numberGrammar } from "./number-grammar.js";
import { objectGrammar } from "./object-grammar.js";
import { GrammarTooLargeError, RuleBook } from "./rule-book.js";
import { alone, type Place, type SchemaBuilder, union, type Value } from "./schema-builder.js";
import { asSchema, ownTypes, SchemaDocument } from "./schema-document.js";
import { stringGrammar } from "./string-grammar.js";

const MOST_DEPTH = 64;
/** Each reading costs a look at the whole vocabulary, about a millisecond with 150,000 tokens. */
const MOST_READINGS = 128;
const LONGEST_SCHEMA = 200_000;

/**
 * The grammar of a schema: `response_format: {type: "json_schema"}`.
 *
 * @throws {UnsupportedRequestError} naming the keyword that cannot be expressed and where it stands
 */
export function schemaGrammar(schema: unknown, param = SCHEMA_PARAM): string {
  const book = new RuleBook();
  try {
    writeSchema(book, schema, { param });
  } catch (error) {
    if (!(error instanceof GrammarTooLargeError)) throw error;
    throw refuse(
      param,
      `${error.message}. Lower maxItems, use fewer optional properties and shorter enums, or split the schema`,
    );
  }
  return book.toString() + PRIMITIVES;
}

/** How messages call a schema that came in the usual place. */
export const SCHEMA_PARAM = "response_format.json_schema.schema";

export interface SchemaPlace {
  /** How messages call the schema. */
  readonly param?: string | undefined;
  /** What the names of its rules begin with. */
  readonly prefix?: string;
  /** Work that the schemas of one request share. */
  readonly budget?: { visits: number };
}

/**
 * Writes the rules of a schema into a book that may hold those of others, whose names begin otherwise.
 *
 * @returns a reference to the rule `root`
 * @throws {UnsupportedRequestError | GrammarTooLargeError}
 */
export function writeSchema(
  book: RuleBook,
  schema: unknown,
  { param = SCHEMA_PARAM, prefix = "", budget }: SchemaPlace = {},
): Expression {
  if (JSON.stringify(schema).length > LONGEST_SCHEMA) {
    throw refuse(param, `is longer than ${LONGEST_SCHEMA} characters of JSON. Split it, or leave out descriptions`);
  }
  return new GrammarBuilder(new SchemaDocument(schema, param, budget), book, prefix).build();
}

class GrammarBuilder implements SchemaBuilder {
  readonly ambiguity = new Ambiguity();
  readonly #definitions = new Map<string, Value>();

  constructor(
    readonly document: SchemaDocument,
    readonly book: RuleBook,
    private readonly prefix: string,
  ) {}

  build(): Expression {
    const { root, param } = this.document;
    const name = `${this.prefix}root`;
    const { expression } = this.value(root, { path: param, depth: 0, owner: name, open: [] });
    const doubling = this.ambiguity.findDoubling();
    if (doubling !== undefined) {
      throw refuse(
        doubling,
        "has several alternatives that lead back to it and begin alike, so that each level doubles the ways to read a text. " +
          "Make a constant the first property of each",
      );
    }
    this.book.define(name, expression);
    if (!this.book.canEnd(name)) {
      throw refuse(param, "asks for a value that contains itself without end. Make the property that does so optional");
    }
    return reference(name, expression);
  }

  value(given: unknown, place: Place): Value {
    const { path, depth } = place;
    const schema = asSchema(given, path);
    this.document.visit();
    if (depth > MOST_DEPTH) throw refuse(path, `is nested more than ${MOST_DEPTH} deep`);
    if (this.document.isReference(schema)) return this.#reference(schema.$ref, place);
    const flat = this.document.flatten(schema, path);
    const alternatives = (["anyOf", "oneOf"] as const).filter((keyword) => keyword in flat);
    if (alternatives.length > 1) throw refuse(`${path}.oneOf`, "stands beside anyOf, and the two cannot be joined");
    const [keyword] = alternatives;
    const value = keyword ? alternativesGrammar(this, flat, keyword, place) : this.#plain(flat, place);
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
    const name = `${this.prefix}definition${this.#definitions.size}`;
    const uses = new Set([name]);
    this.#definitions.set(at, { expression: reference(name, { ...EMPTY, shortest: 1, longest: Infinity }), uses });
    const value = this.value(schema, { path: at, depth: depth + 1, owner: name, open: [...open, at] });
    this.ambiguity.addDefinition(name, value.uses);
    this.book.define(name, value.expression);
    const done = { expression: reference(name, value.expression), uses };
    this.#definitions.set(at, done);
    return done;
  }

  #plain(flat: Schema, place: Place): Value {
    const { path } = place;
    const types = ownTypes(flat, path);
    const values = allowed(flat);
    if (values || "enum" in flat) return alone(enumeration(this, flat, values ?? [], types, path));
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

  #typed(type: string, flat: Schema, place: Place): Value {
    switch (type) {
      case "object":
        return objectGrammar(this, flat, place);
      case "array":
        return arrayGrammar(this, flat, place);
      case "string":
        return alone(stringGrammar(this, flat, place.path));
      case "integer":
      case "number":
        return alone(numberGrammar(flat, type, place.path));
      case "boolean":
        return alone(BOOLEAN);
      default:
        return alone(NULL);
    }
  }
}
