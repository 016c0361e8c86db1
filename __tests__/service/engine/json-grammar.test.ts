import { UnsupportedRequestError } from "../../../service/src/engine/engine.js";
import { anyObjectGrammar, schemaGrammar } from "../../../service/src/engine/json-grammar.js";

const rules = (grammar: string): Record<string, string> =>
  Object.fromEntries(
    grammar
      .trim()
      .split("\n")
      .map((line) => line.split(" ::= ") as [string, string]),
  );

describe("schemaGrammar", () => {
  test("an object gives all its properties in order, with at most one blank between", () => {
    const grammar = rules(
      schemaGrammar({
        type: "object",
        properties: { a: { type: "integer" }, "b c": { enum: ["x", 1, null] } },
        required: ["a"],
      }),
    );
    expect(grammar[grammar.root ?? ""]).toBe(
      String.raw`"{" "\"a\"" ":" space integer "," space "\"b c\"" ":" space ("\"x\"" | "1" | "null") "}"`,
    );
    expect(grammar.space).toBe('" "?');
  });

  test.each([
    [{ type: "string" }, "string"],
    [{ type: ["string", "null"] }, "(string | null)"],
    [{ const: "yes" }, String.raw`"\"yes\""`],
    [{ anyOf: [{ type: "boolean" }, { type: "number" }] }, "(boolean | number)"],
    [{ type: "array", items: { type: "boolean" }, maxItems: 0 }, '"[]"'],
  ])("%j becomes %s", (schema, expression) => {
    expect(rules(schemaGrammar(schema)).root).toBe(expression);
  });

  test.each([
    [{ type: "string", maxLength: 5 }, String.raw`"\"" char{0,5} "\""`],
    [{ type: "string", minLength: 2 }, String.raw`"\"" char{2,} "\""`],
    [{ type: "array", items: { type: "null" } }, '"[" (null ("," space null){0,})? "]"'],
    [{ type: "array", items: { type: "null" }, minItems: 1, maxItems: 3 }, '"[" null ("," space null){0,2} "]"'],
    [{ type: "array", items: { type: "null" }, minItems: 2, maxItems: 2 }, '"[" null ("," space null){1,1} "]"'],
  ])("%j becomes a rule %s", (schema, expression) => {
    expect(rules(schemaGrammar(schema)).rule0).toBe(expression);
  });

  test("definitions may refer to themselves", () => {
    const grammar = rules(
      schemaGrammar({
        $ref: "#/$defs/node",
        $defs: { node: { type: "array", items: { $ref: "#/$defs/node" } } },
      }),
    );
    expect(grammar.root).toBe("definition0");
    expect(grammar[grammar.definition0 ?? ""]).toBe('"[" (definition0 ("," space definition0){0,})? "]"');
  });

  test.each([
    [{ type: "string", pattern: "a" }, "schema.pattern"],
    [{ type: "integer", minimum: 1 }, "schema.minimum"],
    [{ type: "object", properties: { a: { type: "string", format: "email" } } }, "schema.properties.a.format"],
    [{ type: "array" }, "schema.items"],
    [{ type: "date" }, "schema.type"],
    [{}, "schema.type"],
    [{ type: "object", required: ["a"] }, "schema.required"],
    [{ type: "object", additionalProperties: { type: "string" } }, "schema.additionalProperties"],
    [{ $ref: "#/elsewhere" }, "schema.$ref"],
    [{ type: "string", minLength: 3, maxLength: 2 }, "schema.maxLength"],
    [{ type: "string", maxLength: 2001 }, "schema.maxLength"],
    [{ anyOf: [] }, "schema.anyOf"],
    [{ type: "object", properties: { a: true } }, "schema.properties.a"],
  ])("refuses %j at %s", (schema, param) => {
    const act = (): string => schemaGrammar(schema, "schema");
    expect(act).toThrow(UnsupportedRequestError);
    expect(act).toThrow(expect.objectContaining({ param }) as Error);
  });

  test("says what cannot be expressed", () => {
    expect(() => schemaGrammar({ type: "string", pattern: "a" })).toThrow(
      "response_format.json_schema.schema.pattern cannot be turned into a grammar here. Leave it out and check it in the client.",
    );
  });

  test("takes 2000 as the longest string, and nesting of 32 but not of 33", () => {
    expect(schemaGrammar({ type: "string", maxLength: 2000 })).toContain("char{0,2000}");
    const nested = (depth: number): Record<string, unknown> =>
      depth === 0 ? { type: "null" } : { type: "array", items: nested(depth - 1) };
    expect(schemaGrammar(nested(32))).toContain("root ::= ");
    expect(() => schemaGrammar(nested(33))).toThrow("is nested more than 32 deep");
  });
});

test("anyObjectGrammar has no rule without an end", () => {
  const grammar = rules(anyObjectGrammar());
  expect(grammar.root).toBe("object7");
  expect(grammar.value0).toBe("string | number | boolean | null");
});
