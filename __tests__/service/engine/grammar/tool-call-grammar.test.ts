/** Every text of the grammar of tools is a list of calls, each under the schema of its tool. */
import fc from "fast-check";
import { getLlama, type Llama } from "node-llama-cpp";

import { type Tool, type ToolCall, type ToolUse } from "../../../../service/src/engine/engine.js";
import { toolCallGrammar } from "../../../../service/src/engine/grammar/tool-call-grammar.js";
import { TOOL_CALL } from "../../../../service/src/engine/tool-call-format.js";
import { ToolCallReader } from "../../../../service/src/engine/tool-call-reader.js";
import { GbnfSampler, randomFrom } from "../../../helpers/gbnf-sampler.js";
import { anySchema, type JsonSchema, pydanticSchemas, validator } from "../../../helpers/json-schemas.js";

let llama: Llama;
beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, progressLogs: false });
});
afterAll(() => llama.dispose());

const tool = (name: string, parameters?: JsonSchema, strict = false): Tool => ({
  name,
  ...(parameters && { parameters }),
  strict,
  path: `tools[${name}].function`,
});
const CITY = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const use = (tools: readonly Tool[], more: Partial<ToolUse> = {}): ToolUse => ({
  tools,
  choice: "auto",
  parallel: true,
  ...more,
});

function draw(grammar: string, seed: number): string[] {
  const random = randomFrom(seed);
  const sampler = new GbnfSampler(grammar);
  return Array.from({ length: 30 }, () => sampler.draw(random)).filter((text) => text !== undefined);
}

function callsOf(text: string): readonly ToolCall[] {
  const reader = new ToolCallReader();
  reader.push(text);
  return reader.calls;
}

function expectValid(text: string, tools: readonly Tool[]): void {
  const calls = callsOf(text);
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) {
    const called = tools.find(({ name }) => name === call.name);
    if (!called) throw new Error(`no tool is called ${call.name}`);
    if (!validatorOf(called)(call.arguments)) throw new Error(`${call.arguments} is not valid`);
  }
}

const validators = new WeakMap<Tool, (text: string) => boolean>();
function validatorOf(called: Tool): (text: string) => boolean {
  const known = validators.get(called) ?? validator({ type: "object", ...called.parameters });
  validators.set(called, known);
  return known;
}

const PYDANTIC = pydanticSchemas().map(([name, schema]) => tool(name, schema));

it("calls of every tool are valid under its schema, definitions and all", async () => {
  const tools = [...PYDANTIC, tool("get_weather", CITY), tool("get_time"), tool("get_w", CITY)];
  const grammar = toolCallGrammar(use(tools), "");
  await expect(llama.createGrammar({ grammar })).resolves.toBeDefined();
  const names = new Set<string>();
  for (const seed of [1, 2, 3, 4]) {
    for (const text of draw(grammar, seed)) {
      expectValid(text, tools);
      for (const { name } of callsOf(text)) names.add(name);
    }
  }
  expect(names).toEqual(new Set(tools.map(({ name }) => name)));
});

it("whatever schema a tool has, the calls are valid or it is refused", () => {
  fc.assert(
    fc.property(anySchema, fc.integer(), (schema, seed) => {
      const tools = [tool("a", { type: "object", properties: { value: schema } }, true)];
      let grammar: string;
      try {
        grammar = toolCallGrammar(use(tools), "");
      } catch (error) {
        expect(error).toMatchObject({ code: "unsupported_request" });
        return;
      }
      for (const text of draw(grammar, seed).slice(0, 5)) expectValid(text, tools);
    }),
    { numRuns: 50 },
  );
});

it("several calls only where they may be parallel, and only the named tool where there is a name", () => {
  const tools = [tool("a", CITY), tool("b")];
  const counts = (toolUse: ToolUse) => draw(toolCallGrammar(toolUse, "\n"), 1).map((text) => callsOf(text).length);
  expect(Math.max(...counts(use(tools)))).toBeGreaterThan(1);
  expect(new Set(counts(use(tools, { parallel: false })))).toEqual(new Set([1]));
  const named = draw(toolCallGrammar(use(tools, { choice: { name: "b" } }), "\n"), 1).flatMap(callsOf);
  expect(new Set(named.map(({ name }) => name))).toEqual(new Set(["b"]));
});

it.each([
  ["", '\n{"name": "b'],
  ["\n", '{"name": "b'],
  ["\n{", '"name": "b'],
  [' {"na', 'me": "b'],
])("goes on where %j has begun", (written, next) => {
  for (const text of draw(toolCallGrammar(use([tool("b")]), written), 1)) expect(text.slice(0, next.length)).toBe(next);
});

it("is a whole call or a whole answer where the answer has a schema", () => {
  const schema = { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] };
  const tools = [tool("b", CITY)];
  const texts = draw(toolCallGrammar(use(tools), undefined, { schema, param: undefined }), 1);
  const [calls, answers] = [
    texts.filter((text) => text.startsWith(TOOL_CALL.open)),
    texts.filter((text) => !text.startsWith(TOOL_CALL.open)),
  ];
  expect(Math.min(calls.length, answers.length)).toBeGreaterThan(0);
  for (const text of calls) expectValid(text.slice(TOOL_CALL.open.length), tools);
  for (const text of answers) expect(validator(schema)(text)).toBe(true);
});

it("a tool without properties gets no arguments", () => {
  for (const parameters of [
    undefined,
    { type: "object", properties: {}, title: "Nothing", required: [] },
    { properties: {}, additionalProperties: false },
  ]) {
    const calls = draw(toolCallGrammar(use([tool("b", parameters)]), ""), 1).flatMap(callsOf);
    expect(new Set(calls.map((call) => call.arguments))).toEqual(new Set(["{}"]));
  }
});

it("takes any object for parameters that cannot be expressed, unless they are strict", () => {
  const odd = { type: "object", properties: { a: { type: "string" } }, patternProperties: {} };
  const tools = [tool("a", odd), tool("b", CITY)];
  const [isCity, isObject] = [validator(CITY), validator({ type: "object" })];
  for (const text of draw(toolCallGrammar(use(tools), ""), 1)) {
    for (const { name, arguments: json } of callsOf(text)) {
      expect((name === "b" ? isCity : isObject)(json)).toBe(true);
    }
  }
  expect(() => toolCallGrammar(use([tool("a", odd, true)]), "")).toThrow(
    "tools[a].function.parameters.patternProperties cannot be turned into a grammar here",
  );
});

it("refuses parameters of another kind, and what is too large as a whole", () => {
  expect(() => toolCallGrammar(use([tool("a", { type: "array" })]), "")).toThrow(
    'tools[a].function.parameters.type must be "object".',
  );
  const large = Array.from({ length: 12 }, (_, index) => {
    const values = Array.from({ length: 2000 }, (__, value) => `${value * 7919} of ${index}`);
    return tool(`t${index}`, { type: "object", properties: { a: { enum: values } } });
  });
  expect(() => toolCallGrammar(use(large), "")).toThrow(
    /^tools needs a grammar of more than \d+ (rules|elements)\. Offer fewer tools, with shorter enums/,
  );
});

it("all tools of a request share the bounds of one schema", () => {
  const part = { properties: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`p${index}`, {}])) };
  const laborious = { type: "object", allOf: Array.from({ length: 40 }, () => part) };
  const tools = Array.from({ length: 128 }, (_, index) => tool(`t${index}`, laborious));
  expect(() => toolCallGrammar(use(tools.map((one) => ({ ...one, strict: true }))), "")).toThrow(
    /takes more than 20000 steps to read/,
  );
  // Beyond the bound the others may be called with any object.
  expect(toolCallGrammar(use(tools), "").match(/tool\d+-root ::=/g)?.length).toBeLessThan(20);
});
