/** The keywords of JSON Schema that become a grammar; every other one is refused. */
import { UnsupportedRequestError } from "../engine.js";

export type Schema = Readonly<Record<string, unknown>>;

/** What a JSON text can be; whole numbers are numbers. */
export const KINDS = ["string", "number", "object", "array", "boolean", "null"] as const;
export type Kind = (typeof KINDS)[number];

/** They only describe: they never change which values are valid. */
const ANNOTATIONS = new Set([
  "$schema",
  "$comment",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "example",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "contentEncoding",
  "contentMediaType",
  // OpenAPI's hint which alternative of oneOf it is; the alternatives themselves say it too.
  "discriminator",
]);

/** Keywords that speak of values of one kind only. */
export const KIND_KEYWORDS: Readonly<Record<Kind, readonly string[]>> = {
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  object: ["properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"],
  array: ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"],
  boolean: [],
  null: [],
};
const GENERAL = ["$ref", "allOf", "anyOf", "oneOf", "enum", "const", "type"];
const KNOWN = new Set([...GENERAL, ...Object.values(KIND_KEYWORDS).flat()]);

/** The keywords of a schema that change which values are valid. */
export function constraints(schema: Schema): string[] {
  return Object.keys(schema).filter((keyword) => !ANNOTATIONS.has(keyword) && !keyword.startsWith("x-"));
}

/** @throws {UnsupportedRequestError} at the first keyword that cannot be expressed */
export function refuseUnknown(schema: Schema, path: string, isRoot: boolean): void {
  for (const keyword of constraints(schema)) {
    if (KNOWN.has(keyword) || (keyword === "$id" && isRoot)) continue;
    throw refuse(`${path}.${keyword}`, "cannot be turned into a grammar here. Leave it out and check it in the client");
  }
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function refuse(path: string, problem: string): UnsupportedRequestError {
  return new UnsupportedRequestError(path, `${path} ${problem}.`);
}

/** A value in a message: short, whatever it is. */
export function quoted(value: unknown): string {
  const json = value === undefined ? "undefined" : JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 80)}...` : json;
}

/** The kind of a JSON value. */
export function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" ? type : "object";
}

const TYPES: ReadonlySet<unknown> = new Set([...KINDS, "integer"]);

/** The types that a schema names; undefined when it names none. */
export function typesOf({ type }: Schema, path: string): string[] | undefined {
  if (type === undefined) return undefined;
  const types: unknown[] = Array.isArray(type) ? type : [type];
  const wrong = types.find((name) => !TYPES.has(name));
  if (wrong !== undefined || types.length === 0) {
    throw refuse(
      `${path}.type`,
      `(${quoted(wrong ?? type)}) must be one of ${[...TYPES].join(", ")}, or a list of them`,
    );
  }
  return [...new Set(types as string[])];
}
