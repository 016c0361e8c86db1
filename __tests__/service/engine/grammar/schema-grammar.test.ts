import { UnsupportedRequestError } from "../../../../service/src/engine/engine.js";
import { MOST_ELEMENTS, MOST_RULES } from "../../../../service/src/engine/grammar/rule-book.js";
import { schemaGrammar } from "../../../../service/src/engine/grammar/schema-grammar.js";
import { GbnfSampler } from "../../../helpers/gbnf-sampler.js";
import { type JsonSchema } from "../../../helpers/json-schemas.js";

const refusal = (schema: unknown): UnsupportedRequestError => {
  try {
    schemaGrammar(schema, "schema");
  } catch (error) {
    if (error instanceof UnsupportedRequestError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(schema)}`);
};
/** All texts of a grammar that has few. */
const texts = (schema: JsonSchema): string[] => {
  const sampler = new GbnfSampler(schemaGrammar(schema));
  return [...new Set(Array.from({ length: 300 }, () => sampler.draw(Math.random)?.replaceAll(" ", "") ?? ""))].sort();
};
const objectOf = (count: number, property: (index: number) => JsonSchema): JsonSchema => {
  const names = Array.from({ length: count }, (_, index) => `p${index}`);
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name, index) => [name, property(index)])),
    required: names,
  };
};

describe("schemaGrammar writes", () => {
  it.each([
    [{ type: "object", properties: { a: { const: 1 }, b: { enum: [2] }, c: { const: 3 } } }, ['{"a":1,"b":2,"c":3}']],
    [
      { type: "object", properties: { a: { type: "null" }, b: { type: "null" } } },
      ['{"a":null,"b":null}', '{"a":null}', '{"b":null}', "{}"],
    ],
    [{ type: "object", properties: { a: { type: "null" } }, required: ["a"] }, ['{"a":null}']],
    [{ type: "array", items: { type: "null" }, minItems: 1, maxItems: 2 }, ["[null,null]", "[null]"]],
    [{ enum: ["yes", "no", "yesterday"] }, ['"no"', '"yes"', '"yesterday"']],
    [{ enum: ["\u{1F44D}"] }, [String.raw`"\ud83d\udc4d"`, '"\u{1F44D}"']],
    [{ type: "integer", minimum: 9, maximum: 11 }, ["10", "11", "9"]],
    [{ type: "integer", exclusiveMinimum: -2, exclusiveMaximum: 2 }, ["-1", "0", "1"]],
    [{ allOf: [{ enum: [1, 2, 3] }, { enum: [3, 2] }, { type: "integer" }] }, ["2", "3"]],
    [{ $ref: "#/$defs/a", $defs: { a: { const: 1 } }, description: "beside it" }, ["1"]],
    [{ anyOf: [{ const: 1 }, { const: 2 }], type: "integer" }, ["1", "2"]],
  ])("%j", (schema, expected) => {
    expect(texts(schema)).toEqual(expected);
  });

  it.each([
    "^[a-z]+(?:-[a-z0-9]+)*$",
    "^[\\w.+-]+@[\\w-]+(\\.[\\w-]+)+$",
    "^(Jan|Jun|Jul)-\\d{1,2}$",
    "^(red|rose|blue)(,(red|rose|blue))*$",
    `^${"[a-z]*".repeat(6)}$`,
    "^([A-Z][a-z]*)+$",
  ])("a text of the pattern %s", (pattern) => {
    for (const text of texts({ type: "string", pattern })) expect(JSON.parse(text)).toMatch(new RegExp(pattern));
  });

  it("alternatives that only name values as one enum", () => {
    const numbers = Array.from({ length: 5000 }, (_, index) => ({ const: index }));
    expect(schemaGrammar({ anyOf: numbers })).toBe(schemaGrammar({ enum: numbers.map((schema) => schema.const) }));
  });

  it("a recursion that may be left out comes to an end", () => {
    const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } } };
    expect(texts({ $ref: "#/$defs/node", $defs: { node } })).toContain("{}");
  });
});

describe("schemaGrammar refuses", () => {
  it.each([
    [{ type: { toString: 1 } }, "schema.type"],
    [{ type: ["string", { toString: 1 }] }, "schema.type"],
    [{ type: "date" }, "schema.type"],
    [{ type: "integer", multipleOf: 5 }, "schema.multipleOf"],
    [{ type: "integer", minimum: "1" }, "schema.minimum"],
    [{ type: "integer", minimum: 3, maximum: 2 }, "schema"],
    [{ type: "object", properties: { a: { type: "string", format: "regex" } } }, "schema.properties.a.format"],
    [{ type: "string", pattern: "(?=a)" }, "schema.pattern"],
    [{ type: "string", pattern: "^a|b$" }, "schema.pattern"],
    [{ type: "string", pattern: "(a*)*" }, "schema.pattern"],
    [{ type: "string", pattern: "^([a-z]+)*$" }, "schema.pattern"],
    [{ type: "string", pattern: "^(a|[a-z])*$" }, "schema.pattern"],
    [{ type: "string", pattern: "^([a-z]{1,9}){1,10}$" }, "schema.pattern"],
    [{ type: "string", pattern: `^${"[a-z]*".repeat(7)}$` }, "schema.pattern"],
    [{ type: "string", pattern: "a".repeat(1001) }, "schema.pattern"],
    [{ type: "string", pattern: { toString: 1 } }, "schema.pattern"],
    [{ type: "string", pattern: "^a+$", maxLength: 3 }, "schema.maxLength"],
    [{ type: "string", minLength: 3, maxLength: 2 }, "schema.maxLength"],
    [{ type: "string", minLength: 2001 }, "schema.minLength"],
    [{ type: "string", enum: [1, null] }, "schema.enum"],
    [{ enum: ["a"], minLength: 3 }, "schema.minLength"],
    [{ const: Infinity }, "schema.enum"],
    [{ type: "array", uniqueItems: true, items: {} }, "schema.uniqueItems"],
    [{ type: "object", patternProperties: {} }, "schema.patternProperties"],
    [{ type: "object", required: ["a"], additionalProperties: false }, "schema.required"],
    [{ type: "object", additionalProperties: { type: "null" }, minProperties: 2 }, "schema.minProperties"],
    [{ $ref: "#/elsewhere" }, "schema.$ref"],
    [{ $ref: "https://example.com/schema" }, "schema.$ref"],
    [
      { $ref: "#/$defs/a", $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }, { type: "null" }] } } },
      "schema.$defs.a.anyOf[0]",
    ],
    [{ type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }, "schema"],
    [{ anyOf: [] }, "schema.anyOf"],
    [{ oneOf: [{ type: "number" }, { type: "integer" }] }, "schema.oneOf[1]"],
    [{ allOf: [{ pattern: "a" }, { pattern: "b" }] }, "schema.pattern"],
    [{ not: {} }, "schema.not"],
    [false, "schema"],
    ["string", "schema"],
  ])("%j at %s", (schema, param) => {
    expect(refusal(schema).param).toBe(param);
  });

  it("in words that say what and where", () => {
    expect(refusal({ type: "integer", multipleOf: 5 }).message).toBe(
      "schema.multipleOf cannot be turned into a grammar here. Leave it out and check it in the client.",
    );
    expect(refusal({ oneOf: [{ type: "number" }, { type: "integer" }] }).message).toBe(
      "schema.oneOf[1] may allow a value that schema.oneOf[0] allows too, and oneOf forbids such. Use anyOf, or a property with another const in each.",
    );
  });
});

describe("a whole grammar is bounded", () => {
  it("by its rules: 45 lists of 90 elements are taken, 60 are not", () => {
    const lists = (count: number): JsonSchema =>
      objectOf(count, (index) => ({ type: "array", items: { const: index }, maxItems: 90 }));
    expect(schemaGrammar(lists(45))).toContain("root ::= ");
    expect(refusal(lists(60)).message).toBe(
      `schema needs a grammar of more than ${MOST_RULES} rules. Lower maxItems, use fewer optional properties and shorter enums, or split the schema.`,
    );
  });

  it("by its elements: enums of 90,000 characters are taken, of 110,000 not", () => {
    const words = (characters: number): JsonSchema => ({
      enum: Array.from({ length: characters / 1000 }, (_, index) => `${index}`.padEnd(998, "x")),
    });
    expect(schemaGrammar(words(90_000))).toContain("root ::= ");
    expect(refusal(words(110_000)).message).toContain(`more than ${MOST_ELEMENTS} elements`);
  });

  it("by the readings that it leaves: 120 optional properties in a row are taken, 130 not", () => {
    const optionals = (count: number): JsonSchema => ({ ...objectOf(count, () => ({ type: "null" })), required: [] });
    expect(schemaGrammar(optionals(120))).toContain("root ::= ");
    expect(refusal(optionals(130)).message).toContain("ways at once, more than 128");
  });

  it("by alternatives that begin alike: 32 strings are taken, 33 are not", () => {
    const strings = (count: number): JsonSchema => ({
      anyOf: Array.from({ length: count }, (_, index) => ({ type: "string", minLength: index + 1 })),
    });
    expect(schemaGrammar(strings(32))).toContain("root ::= ");
    expect(refusal(strings(33)).message).toContain("in 33 ways at once, more than 32");
  });

  it("by the work of reading it", () => {
    const parts = Array.from({ length: 1000 }, (_, index) => ({ properties: { [`p${index}`]: {} } }));
    expect(refusal({ allOf: parts }).message).toContain("takes more than 20000 steps to read");
    expect(refusal({ description: "x".repeat(200_000) }).message).toContain("is longer than 200000 characters");
  });

  it("by its depth: nesting of 64 is taken, of 65 not", () => {
    const nested = (depth: number): JsonSchema =>
      depth === 0 ? { type: "null" } : { type: "array", items: nested(depth - 1), minItems: 1 };
    expect(schemaGrammar(nested(64))).toContain("root ::= ");
    expect(refusal(nested(65)).message).toContain("is nested more than 64 deep");
  });

  it("1,900 strings of up to 2,000 characters are refused, equal or not", () => {
    expect(refusal(objectOf(1900, () => ({ type: "string", maxLength: 2000 }))).message).toContain("rules");
    expect(refusal(objectOf(1900, (index) => ({ type: "string", maxLength: 2000 - index }))).message).toContain(
      "rules",
    );
  });

  it("a long string costs few rules", () => {
    expect(schemaGrammar({ type: "string", maxLength: 2000 }).split("\n").length).toBeLessThan(100);
  });

  it("alternatives that double at each level are refused, and those told apart by a first constant are taken", () => {
    const looped = (properties: (name: string) => JsonSchema): JsonSchema => ({
      $ref: "#/$defs/a",
      $defs: {
        a: {
          anyOf: ["x", "y"].map((name) => ({ type: "object", properties: properties(name), required: ["kind"] })),
        },
      },
    });
    const child = { $ref: "#/$defs/a" };
    expect(refusal(looped((name) => ({ child, kind: { const: name } }))).message).toContain("each level doubles");
    expect(schemaGrammar(looped((name) => ({ kind: { const: name }, child })))).toContain("root ::= ");
  });
});
