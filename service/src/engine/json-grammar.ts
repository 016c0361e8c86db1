/**
 * Turns a JSON Schema into a GBNF grammar for llama.cpp.
 * GBNF: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
 *
 * Every text that the grammar accepts is valid under the schema, and whatever it cannot express is refused rather than
 * ignored. This is our own because the binding's generator ignores keywords that it does not know, and ends with line
 * breaks that have to be generated too. White space is at most one blank after `,` and `:`, and numbers have at most 16
 * digits, so that a model which has lost its thread still comes to an end.
 */
import { UnsupportedRequestError } from "./engine.js";

type Schema = Readonly<Record<string, unknown>>;

/** Keywords that only describe; they never change which values are valid. */
const ANNOTATIONS = new Set([
  "$schema",
  "$id",
  "$comment",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
]);
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "minItems", "maxItems"],
  string: ["minLength", "maxLength"],
  number: [],
  integer: [],
  boolean: [],
  null: [],
};
const DEFINITIONS = ["$defs", "definitions"];

/** llama.cpp refuses repetitions beyond this. */
const MOST_REPETITIONS = 2000;
const MOST_DEPTH = 32;
const MOST_RULES = 2000;

const PRIMITIVES = `char ::= [^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\/bfnrt] | "u" [0-9a-fA-F]{4})
string ::= "\\"" char* "\\""
integer ::= "-"? ("0" | [1-9] [0-9]{0,15})
number ::= integer ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?
boolean ::= "true" | "false"
null ::= "null"
space ::= " "?
`;

/** Nesting is bounded too: a grammar without an end would let a lost model open brackets until its tokens run out. */
const ANY_JSON_DEPTH = 8;

/** The grammar of any JSON object: `response_format: {type: "json_object"}`. */
export function anyObjectGrammar(): string {
  const levels = Array.from({ length: ANY_JSON_DEPTH }, (_, depth) => anyLevel(depth)).join("");
  return `root ::= object${ANY_JSON_DEPTH - 1}\n${levels}${PRIMITIVES}`;
}

function anyLevel(depth: number): string {
  const nested = depth === 0 ? "" : ` | object${depth - 1} | array${depth - 1}`;
  const value = `value${depth}`;
  return (
    `${value} ::= string | number | boolean | null${nested}\n` +
    `object${depth} ::= "{" (string ":" space ${value} ("," space string ":" space ${value})*)? "}"\n` +
    `array${depth} ::= "[" (${value} ("," space ${value})*)? "]"\n`
  );
}

/**
 * The grammar of a schema: `response_format: {type: "json_schema"}`.
 *
 * @throws {UnsupportedRequestError} naming the keyword that cannot be expressed and where it stands
 */
export function schemaGrammar(schema: Schema, param = "response_format.json_schema.schema"): string {
  return new GrammarBuilder(schema, param).build();
}

class GrammarBuilder {
  readonly #rules: string[] = [];
  /** Rule of each definition that has been used: recursion refers to it by name. */
  readonly #definitions = new Map<string, string>();

  constructor(
    readonly schema: Schema,
    readonly param: string,
  ) {}

  build(): string {
    const root = this.#value(this.schema, this.param, 0);
    return `root ::= ${root}\n${this.#rules.join("")}${PRIMITIVES}`;
  }

  /** Returns an expression for the values of a schema. */
  #value(schema: unknown, path: string, depth: number): string {
    if (!isObject(schema)) throw refuse(path, `(${JSON.stringify(schema)}) must be an object`);
    if (depth > MOST_DEPTH) throw refuse(path, `is nested more than ${MOST_DEPTH} deep`);
    const only = (...keywords: string[]): void => this.#refuseOthers(schema, path, keywords, depth);
    if ("$ref" in schema) {
      only("$ref");
      return this.#reference(schema.$ref, path, depth);
    }
    if ("const" in schema) {
      only("const", "type");
      return literal(JSON.stringify(schema.const));
    }
    if ("enum" in schema) {
      only("enum", "type");
      if (!Array.isArray(schema.enum) || schema.enum.length === 0) throw refuse(`${path}.enum`, "must name a value");
      return alternatives(schema.enum.map((value) => literal(JSON.stringify(value))));
    }
    for (const keyword of ["anyOf", "oneOf"]) {
      if (!(keyword in schema)) continue;
      only(keyword);
      const choices = schema[keyword];
      if (!Array.isArray(choices) || choices.length === 0)
        throw refuse(`${path}.${keyword}`, "must be a list of schemas");
      // With oneOf a value must fit exactly one schema; a value that fits two is rare enough to be the author's slip.
      return alternatives(
        choices.map((choice, index) => this.#value(choice, `${path}.${keyword}[${index}]`, depth + 1)),
      );
    }
    const types = Array.isArray(schema.type) ? schema.type : [schema.type];
    only("type", ...types.flatMap((type) => KEYWORDS[String(type)] ?? []));
    return alternatives(types.map((type) => this.#typed(String(type), schema, path, depth)));
  }

  #typed(type: string, schema: Schema, path: string, depth: number): string {
    switch (type) {
      case "object":
        return this.#object(schema, path, depth);
      case "array":
        return this.#array(schema, path, depth);
      case "string": {
        const [least, most] = bounds(schema, "minLength", "maxLength", path);
        return least === 0 && most === undefined
          ? "string"
          : this.#rule(`"\\"" char${repetition(least, most)} "\\""`, path);
      }
      case "number":
      case "integer":
      case "boolean":
      case "null":
        return type;
      default:
        throw refuse(`${path}.type`, `(${type}) must be one of ${Object.keys(KEYWORDS).join(", ")}`);
    }
  }

  /** All properties, in the order of the schema: leaving out optional ones would be valid, and so is giving them. */
  #object(schema: Schema, path: string, depth: number): string {
    const properties = schema.properties ?? {};
    if (!isObject(properties)) throw refuse(`${path}.properties`, "must be an object");
    if (isObject(schema.additionalProperties)) {
      throw refuse(`${path}.additionalProperties`, "must be true or false: a schema for them cannot be expressed");
    }
    const required = schema.required ?? [];
    if (!Array.isArray(required)) throw refuse(`${path}.required`, "must be a list of names");
    for (const name of required) {
      if (!Object.hasOwn(properties, String(name))) {
        throw refuse(`${path}.required`, `names ${JSON.stringify(name)}, which properties does not describe`);
      }
    }
    const members = Object.entries(properties).map(
      ([name, value]) =>
        `${literal(JSON.stringify(name))} ":" space ${this.#value(value, `${path}.properties.${name}`, depth + 1)}`,
    );
    return this.#rule(`"{" ${members.join(' "," space ')} "}"`, path);
  }

  #array(schema: Schema, path: string, depth: number): string {
    if (schema.items === undefined) throw refuse(`${path}.items`, "is missing: say what the elements are");
    const [least, most] = bounds(schema, "minItems", "maxItems", path);
    if (most === 0) return '"[]"';
    const item = this.#value(schema.items, `${path}.items`, depth + 1);
    const more = most === undefined ? undefined : most - 1;
    const list = `${item} ("," space ${item})${repetition(Math.max(0, least - 1), more)}`;
    return this.#rule(least === 0 ? `"[" (${list})? "]"` : `"[" ${list} "]"`, path);
  }

  #reference(reference: unknown, path: string, depth: number): string {
    const [, section = "", name = ""] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(String(reference)) ?? [];
    const definitions = this.schema[section];
    if (!isObject(definitions) || !Object.hasOwn(definitions, name)) {
      throw refuse(`${path}.$ref`, `(${String(reference)}) must name an entry of $defs at the top of the schema`);
    }
    const key = `${section}/${name}`;
    const known = this.#definitions.get(key);
    if (known !== undefined) return known;
    const rule = `definition${this.#definitions.size}`;
    this.#definitions.set(key, rule);
    const value = this.#value(definitions[name], `${this.param}.${section}.${name}`, depth + 1);
    this.#rules.push(`${rule} ::= ${value}\n`);
    return rule;
  }

  #rule(expression: string, path: string): string {
    if (this.#rules.length >= MOST_RULES) throw refuse(path, `needs more than ${MOST_RULES} grammar rules`);
    const name = `rule${this.#rules.length}`;
    this.#rules.push(`${name} ::= ${expression}\n`);
    return name;
  }

  #refuseOthers(schema: Schema, path: string, understood: readonly string[], depth: number): void {
    const allowed = new Set([...understood, ...(depth === 0 ? DEFINITIONS : [])]);
    for (const keyword of Object.keys(schema)) {
      if (!allowed.has(keyword) && !ANNOTATIONS.has(keyword)) {
        throw refuse(
          `${path}.${keyword}`,
          "cannot be turned into a grammar here. Leave it out and check it in the client",
        );
      }
    }
  }
}

function bounds(schema: Schema, least: string, most: string, path: string): [number, number | undefined] {
  const read = (keyword: string): number | undefined => {
    const value = schema[keyword];
    if (value === undefined) return undefined;
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > MOST_REPETITIONS) {
      throw refuse(
        `${path}.${keyword}`,
        `(${JSON.stringify(value)}) must be a whole number from 0 to ${MOST_REPETITIONS}`,
      );
    }
    return value as number;
  };
  const low = read(least) ?? 0;
  const high = read(most);
  if (high !== undefined && high < low)
    throw refuse(`${path}.${most}`, `(${high}) must not be below ${least} (${low})`);
  return [low, high];
}

function repetition(least: number, most: number | undefined): string {
  return `{${least},${most ?? ""}}`;
}

function alternatives(expressions: readonly string[]): string {
  return expressions.length === 1 ? (expressions[0] ?? "") : `(${expressions.join(" | ")})`;
}

/** A GBNF literal: JSON's escapes of quotes, backslashes and controls are also those of GBNF. */
function literal(text: string): string {
  return JSON.stringify(text);
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(path: string, problem: string): UnsupportedRequestError {
  return new UnsupportedRequestError(path, `${path} ${problem}.`);
}
