/** JSON schemas for tests: what validates under them, ordinary ones, and random ones of the kinds that are supported. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv2020 } from "ajv/dist/2020";
import * as formats from "ajv-formats";
import fc from "fast-check";

export type JsonSchema = Record<string, unknown>;

/** Says whether a text is JSON that is valid under the schema. */
export function validator(schema: JsonSchema): (text: string) => boolean {
  const ajv = new Ajv2020({ strict: false });
  // Under ESM the CommonJS module comes as its namespace, and its default may be one level deeper.
  const plugin = formats.default as unknown as { default?: (ajv: Ajv2020) => void } & ((ajv: Ajv2020) => void);
  (plugin.default ?? plugin)(ajv);
  for (const name of ["uuid1", "uuid3", "uuid4", "uuid5"]) ajv.addFormat(name, new RegExp(`^.{14}${name.at(-1)}`));
  const validate = ajv.compile(schema);
  return (text) => {
    try {
      return validate(JSON.parse(text));
    } catch {
      return false;
    }
  };
}

/** What pydantic 2.13 makes of six models: `model_json_schema()`. */
export function pydanticSchemas(): [name: string, schema: JsonSchema][] {
  const folder = join("__tests__", "fixtures", "pydantic");
  return readdirSync(folder).map((file) => [
    file.replace(".json", ""),
    JSON.parse(readFileSync(join(folder, file), "utf8")) as JsonSchema,
  ]);
}

/** One schema or more for each keyword that is supported. */
export const SUPPORTED: readonly JsonSchema[] = [
  {},
  { type: "object" },
  { type: "array" },
  { type: ["string", "null", "integer", "number"], minimum: 3, maxLength: 3 },
  { enum: ["a", "ab", "abc", "b", 1, 11, 111, { a: 1 }, [1, "x"], null, true] },
  { enum: ["\u{1F44D}", "\u{1F44E}"] },
  { type: "object", properties: { "\u952e": { const: "\u00e9" } }, required: ["\u952e"] },
  { type: "string", enum: ["a", 1, null] },
  { enum: Array.from({ length: 300 }, (_, index) => `${String.fromCharCode(0x4e00 + index)}x`) },
  ...["date", "time", "date-time", "duration", "email", "uuid", "uuid4", "hostname", "ipv4", "uri", "password"].map(
    (format) => ({ type: "string", format }),
  ),
  { type: "string", minLength: 3, maxLength: 2000 },
  { type: "string", minLength: 1, maxLength: 4 },
  ...[
    "^[A-Z]{2}-\\d{3,6}$",
    '^(a|b)+"\\\\c?$',
    "abc",
    "a|b",
    "^\\w+@[^@\\s]+\\.(?:com|org)$",
    "^[\u00fc-\u00ff]$",
    "^[\u{1F44D}\u{1F44E}]\u00e9.\\S\\W\\D$",
    '^["\\\\\\n]+$',
    '^[^a-z"]{2}\\x41\\u0042$',
  ].map((pattern) => ({ type: "string", pattern })),
  { type: "string", pattern: "^[\\w\\s.,-]{1,20}$", maxLength: 20 },
  { type: "integer", minimum: 1, maximum: 5 },
  { type: "integer", minimum: -17, maximum: 1234 },
  { type: "integer", exclusiveMinimum: 0 },
  { type: "integer", minimum: 99, exclusiveMaximum: 100_001 },
  { type: "number", minimum: 0, maximum: 1 },
  { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 0.25 },
  { type: "number", minimum: -1.5, maximum: 3.75 },
  { type: "number", maximum: -0.001 },
  { type: "object", properties: { a: { type: "string" }, b: { type: "number" }, c: { type: "boolean" } } },
  { type: "object", additionalProperties: { type: "integer" }, minProperties: 1, maxProperties: 3 },
  { type: "object", propertyNames: { enum: ["a", "b"] }, additionalProperties: { type: "boolean" } },
  { type: "object", required: ["q"], additionalProperties: { type: "null" } },
  { type: "object", properties: { a: { type: "string" }, b: {} }, anyOf: [{ required: ["a"] }, { required: ["b"] }] },
  { type: "array", items: { type: "integer" }, minItems: 2, maxItems: 4 },
  { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }] },
  { type: "array", prefixItems: [{ type: "integer" }], items: { type: "null" }, minItems: 3, maxItems: 5 },
  {
    allOf: [
      { type: "object", properties: { a: { type: "integer", minimum: 3 } }, required: ["a"] },
      { properties: { a: { maximum: 9 }, b: { type: "string" } } },
    ],
  },
  {
    allOf: [
      { type: "object", properties: { a: { type: "null" }, b: { type: "null" } } },
      { properties: { a: {} }, additionalProperties: false },
    ],
  },
  {
    oneOf: [
      { type: "object", properties: { kind: { const: "a" }, x: { type: "integer" } }, required: ["x"] },
      { type: "object", properties: { kind: { const: "b" }, y: { type: "string" } } },
    ],
    discriminator: { propertyName: "kind" },
  },
  { $ref: "#/properties/a~1b%20c/items", properties: { "a/b c": { items: { type: "integer", minimum: 1 } } } },
  { type: "object", properties: { next: { $ref: "#" }, value: { type: "integer" } }, additionalProperties: false },
  {
    $ref: "#/$defs/expression",
    $defs: {
      expression: { anyOf: [{ $ref: "#/$defs/sum" }, { $ref: "#/$defs/not" }, { type: "integer" }] },
      sum: {
        type: "object",
        properties: { op: { const: "+" }, of: { type: "array", items: { $ref: "#/$defs/expression" } } },
        required: ["op", "of"],
      },
      not: { type: "object", properties: { op: { const: "!" }, of: { $ref: "#/$defs/expression" } }, required: ["of"] },
    },
  },
];

const small = fc.option(fc.nat({ max: 5 }), { nil: undefined });
const bound = fc.option(
  fc.oneof(
    fc.integer({ min: -2000, max: 2000 }),
    fc.integer({ min: -2e6, max: 2e6 }).map((n) => n / 1e4),
  ),
  {
    nil: undefined,
  },
);
const leaf: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc.constantFrom(...SUPPORTED.filter((schema) => !JSON.stringify(schema).includes("$ref"))),
  fc
    .record({ minimum: bound, maximum: bound, exclusiveMinimum: bound, exclusiveMaximum: bound })
    .chain((bounds) => fc.constantFrom("integer", "number").map((type) => defined({ type, ...bounds }))),
  fc
    .record({ minLength: small, maxLength: fc.option(fc.nat({ max: 200 }), { nil: undefined }) })
    .map((string) => defined({ type: "string", ...string })),
  fc.array(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 5 }).map((values) => ({ enum: values })),
  fc.constantFrom<JsonSchema>({ type: "boolean" }, { type: "null" }, { type: "string" }, { type: "number" }),
);

/** Random schemas, nested, with and without definitions; many of them cannot be expressed. */
export const anySchema: fc.Arbitrary<JsonSchema> = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    leaf,
    fc
      .record({
        properties: fc.dictionary(fc.constantFrom("a", "b", "a b", "\u952e", 'q"\\'), tie("schema"), { maxKeys: 4 }),
        required: fc.option(fc.uniqueArray(fc.constantFrom("a", "b", "z"), { maxLength: 2 }), { nil: undefined }),
        additionalProperties: fc.option(fc.oneof(fc.boolean(), tie("schema")), { nil: undefined }),
      })
      .map((object) => defined({ type: "object", ...object })),
    fc
      .record({ items: tie("schema"), minItems: small, maxItems: small })
      .map((array) => defined({ type: "array", ...array })),
    fc
      .record({ prefixItems: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }), minItems: small })
      .map((tuple) => defined({ type: "array", ...tuple })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((oneOf) => ({ oneOf })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 2 }).map((allOf) => ({ allOf })),
    fc.constant({ $ref: "#" }),
  ),
})).schema;

function defined(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}
