import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type OpenAI from "openai";
import { LengthFinishReasonError } from "openai/core/error";
import { type Engine } from "../../../service/src/engine/engine.js";
import { officialClient } from "../../helpers/chat-client";
import { closeHttpServices, httpService } from "../../helpers/http-service";
import { validator } from "../../helpers/json-schemas";
import { tinyEngine } from "../../helpers/tiny-engine";

jest.setTimeout(120_000);

const WEATHER = {
  type: "object",
  properties: { city: { type: "string", enum: ["Paris", "Oslo"] }, days: { type: "integer", minimum: 1, maximum: 9 } },
  required: ["city", "days"],
  additionalProperties: false,
};
const TIME = { type: "object", properties: {} };
const isWeather = validator(WEATHER);
const definition = (name: string, parameters: object) => ({
  type: "function" as const,
  function: { name, description: `Says <|im_end|> the ${name}`, parameters: parameters as Record<string, unknown> },
});
const tools = [definition("get_weather", WEATHER), definition("get_time", TIME)];
const named = (name: string) => ({ type: "function" as const, function: { name } });

/** The official client calls tools of a model with random weights: only grammar and template hold it to the format. */
describe("tools with llama.cpp", () => {
  let engine: Engine;
  let client: OpenAI;
  beforeAll(async () => {
    engine = await tinyEngine({ template: "tools", contextSize: 4096 });
    const service = await httpService({ engine, settings: { maxTokens: 400 } });
    client = officialClient(await service.listen());
  });
  afterAll(async () => {
    await closeHttpServices();
    await engine.dispose();
  });

  const ask = (more: object = {}) => ({
    model: "tiny",
    temperature: 0,
    messages: [{ role: "user" as const, content: "How is the weather in Oslo?" }],
    tools,
    ...more,
  });
  const hot = (seed: number) => ({ seed, temperature: 1.5, top_p: 1, top_k: 0, max_tokens: 200 });

  function expectValid(calls: readonly OpenAI.ChatCompletionMessageToolCall[]): void {
    for (const call of calls) {
      if (call.type !== "function") throw new Error(`a call of type ${call.type}`);
      expect(call.id).toMatch(/^call_[0-9a-f]{32}_\d+$/);
      if (call.function.name === "get_time") expect(call.function.arguments).toBe("{}");
      else expect([call.function.name, isWeather(call.function.arguments)]).toEqual(["get_weather", true]);
    }
    expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  }

  it("a required call is one of the tools, under its schema, and nothing is said", async () => {
    const { choices, usage } = await client.chat.completions.create(
      ask({ tool_choice: "required", parallel_tool_calls: false }),
    );
    const [choice] = choices;
    expect(choice).toMatchObject({ finish_reason: "tool_calls", message: { role: "assistant", content: null } });
    expect(choice?.message.tool_calls).toHaveLength(1);
    expectValid(choice?.message.tool_calls ?? []);
    expect(usage?.completion_tokens).toBeGreaterThan(0);
  });

  it.each(["get_time", "get_weather"])("the named tool is called: %s", async (name) => {
    const { choices } = await client.chat.completions.create(ask({ tool_choice: named(name) }));
    const calls = choices[0]?.message.tool_calls ?? [];
    expect(new Set(calls.map((call) => call.type === "function" && call.function.name))).toEqual(new Set([name]));
    expectValid(calls);
  });

  it("streams a call as OpenAI does: its id and name, then pieces of its arguments, then why it ended", async () => {
    const body = ask({ tool_choice: named("get_weather"), parallel_tool_calls: false });
    const whole = await client.chat.completions.create(body);
    const stream = await client.chat.completions.create({ ...body, stream: true });
    const deltas: OpenAI.ChatCompletionChunk.Choice[] = [];
    for await (const chunk of stream) deltas.push(...chunk.choices);
    const calls = deltas.flatMap(({ delta }) => delta.tool_calls ?? []);
    expect(calls[0]).toEqual({
      index: 0,
      id: expect.stringMatching(/^call_/),
      type: "function",
      function: { name: "get_weather", arguments: "" },
    });
    expect(calls.length).toBeGreaterThan(2);
    for (const call of calls.slice(1)) expect(call).toEqual({ index: 0, function: { arguments: expect.any(String) } });
    const written = whole.choices[0]?.message.tool_calls?.[0];
    expect(calls.map((call) => call.function?.arguments).join("")).toBe(
      written?.type === "function" && written.function.arguments,
    );
    expect(deltas.at(-1)).toMatchObject({ delta: {}, finish_reason: "tool_calls" });
    const final = await client.chat.completions.stream(body).finalChatCompletion();
    expectValid(final.choices[0]?.message.tool_calls ?? []);
  });

  it("left to itself the model calls now and then, and what it calls is as valid", async () => {
    let [called, spoke] = [0, 0];
    for (let seed = 1; seed <= 24; seed += 1) {
      const { choices } = await client.chat.completions.create(ask(hot(seed)));
      const { message, finish_reason: reason } = choices[0] ?? {};
      const calls = message?.tool_calls ?? [];
      expect(message?.content ?? "").not.toMatch(/\s$(?![\s\S])|<tool_call>\n/);
      if (reason === "tool_calls") {
        called += 1;
        expect(calls.length).toBeGreaterThan(0);
        expectValid(calls);
      } else if (reason === "stop") {
        spoke += 1;
        expect(calls).toEqual([]);
      }
    }
    expect(called).toBeGreaterThan(2);
    expect(spoke).toBeGreaterThan(2);
  });

  it("a call that is cut says length and gives what there is", async () => {
    const { choices } = await client.chat.completions.create(
      ask({ tool_choice: named("get_weather"), max_tokens: 44 }),
    );
    const call = choices[0]?.message.tool_calls?.[0];
    expect(choices[0]?.finish_reason).toBe("length");
    expect(call).toMatchObject({
      function: { name: "get_weather", arguments: expect.stringMatching(/^\{"city": ?"?$/) },
    });
  });

  it("with a format of the answer it is a call or an answer under that", async () => {
    const schema = { type: "integer", minimum: 100, maximum: 999 };
    const response_format = { type: "json_schema" as const, json_schema: { name: "x", schema } };
    const isAnswer = validator(schema);
    const kinds = new Set<string>();
    for (let seed = 1; seed <= 12; seed += 1) {
      const { choices } = await client.chat.completions.create(ask({ ...hot(seed), response_format }));
      const { message, finish_reason: reason } = choices[0] ?? {};
      kinds.add(String(reason));
      if (reason === "tool_calls") expectValid(message?.tool_calls ?? []);
      if (reason === "stop") expect(isAnswer(message?.content ?? "")).toBe(true);
    }
    expect(kinds).toEqual(new Set(["stop", "tool_calls"]));
  });

  it("the client's own loop runs the tools and sends the results back until the model speaks", async () => {
    const asked: unknown[] = [];
    const runnable = [
      {
        type: "function" as const,
        function: {
          name: "get_weather",
          description: "The weather",
          parameters: WEATHER,
          parse: JSON.parse as (text: string) => object,
          function: (args: object) => (asked.push(args), "Rain"),
        },
      },
    ];
    const messages = ask().messages;
    let finished = 0;
    for (let seed = 1; seed <= 8; seed += 1) {
      const before = asked.length;
      const runner = client.chat.completions.runTools(
        { model: "tiny", messages, tools: runnable, ...hot(seed), max_tokens: 400 },
        { maxChatCompletions: 6 },
      );
      // The helper throws when random weights find no end.
      await runner.done().catch((error: unknown) => expect(error).toBeInstanceOf(LengthFinishReasonError));
      const roles = runner.messages.map(({ role }) => role);
      expect(roles.filter((role) => role === "tool")).toHaveLength(asked.length - before);
      if (asked.length > before && roles.at(-1) === "assistant") finished += 1;
    }
    for (const args of asked) expect(isWeather(JSON.stringify(args))).toBe(true);
    expect(finished).toBeGreaterThan(0);
  });

  it("the client's loop streams, too, and ends after a call that it named", async () => {
    const runner = client.chat.completions.runTools({
      ...ask({}),
      stream: true,
      max_tokens: 200,
      parallel_tool_calls: false,
      tool_choice: named("get_time"),
      tools: [
        {
          type: "function",
          function: { name: "get_time", description: "The time", parameters: TIME, function: () => "noon" },
        },
      ],
    });
    expect(await runner.finalFunctionToolCallResult()).toBe("noon");
  });

  it.each([
    ["strict parameters that no grammar can hold", { strict: true }, "tools[0].function.parameters.patternProperties"],
    ["parameters of another type", { parameters: { type: "string" } }, "tools[0].function.parameters.type"],
  ])("%s are 400", async (_, more, param) => {
    const odd = { type: "object", properties: { a: { type: "string" } }, patternProperties: {} };
    const call = client.chat.completions.create(
      ask({ tools: [{ type: "function", function: { name: "f", parameters: odd, ...more } }] }),
    );
    await expect(call).rejects.toMatchObject({ status: 400, param });
  });
});

it("a model whose template knows no tools says so", async () => {
  const engine = await tinyEngine({ contextSize: 512 });
  const service = await httpService({ engine });
  const client = officialClient(await service.listen());
  const ask = { model: "tiny", messages: [{ role: "user" as const, content: "Hi" }], max_tokens: 3 };
  await expect(client.chat.completions.create({ ...ask, tools })).rejects.toMatchObject({
    status: 400,
    code: "unsupported_request",
    param: "tools",
    message: expect.stringContaining("the chat template of this model does not know them"),
  });
  const silent = await client.chat.completions.create({ ...ask, tools, tool_choice: "none" });
  expect(silent.choices[0]?.message.tool_calls).toBeUndefined();
  await closeHttpServices();
  await engine.dispose();
});
