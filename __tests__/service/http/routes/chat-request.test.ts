import { describe, expect, it } from "@jest/globals";
import { chatSchema } from "../../../../service/src/http/routes/chat-schema.js";
import { readChat, refusedChat, USER } from "../../../helpers/chat-body.js";

const generation = (body: object) => readChat(body).generation;

describe("a chat request", () => {
  it("has the documented defaults", () => {
    expect(readChat({})).toEqual({
      model: undefined,
      stream: false,
      includeUsage: false,
      includeQueue: false,
      generation: {
        messages: [USER],
        maxTokens: 512,
        temperature: 0.7,
        topP: 0.8,
        topK: 20,
        stop: [],
        presencePenalty: 0,
        frequencyPenalty: 0,
        responseFormat: { type: "text" },
      },
    });
  });

  it("treats null like a field that is not there, as OpenAI does", () => {
    const nulls = Object.keys(chatSchema.shape).filter((name) => name !== "messages");
    expect(readChat(Object.fromEntries(nulls.map((name) => [name, null])))).toEqual(readChat({}));
  });

  it("hands every parameter to the engine", () => {
    const schema = { type: "object" };
    const { generation: given, ...rest } = readChat({
      model: "m",
      stream: true,
      stream_options: { include_usage: true, include_queue: true },
      max_tokens: 9,
      temperature: 0,
      top_p: 1,
      top_k: 0,
      min_p: 0.1,
      repeat_penalty: 1.1,
      seed: -3,
      stop: ["a", "b"],
      presence_penalty: 2,
      frequency_penalty: -2,
      response_format: { type: "json_schema", json_schema: { name: "n", strict: true, schema } },
    });
    expect(rest).toEqual({ model: "m", stream: true, includeUsage: true, includeQueue: true });
    expect(given).toEqual({
      messages: [USER],
      maxTokens: 9,
      temperature: 0,
      topP: 1,
      topK: 0,
      minP: 0.1,
      repeatPenalty: 1.1,
      seed: -3,
      stop: ["a", "b"],
      presencePenalty: 2,
      frequencyPenalty: -2,
      responseFormat: { type: "json_schema", schema },
    });
  });

  it("prefers max_completion_tokens and lowers what is above the limit of the service", () => {
    expect(generation({ max_tokens: 5, max_completion_tokens: 6 }).maxTokens).toBe(6);
    expect(generation({ max_tokens: 512 }).maxTokens).toBe(512);
    expect(generation({ max_tokens: 513 }).maxTokens).toBe(512);
  });

  it("takes -1 and 0 as llama-server does: no limit of tokens, none at all, and no limit of top_k", () => {
    expect(generation({ max_tokens: -1 }).maxTokens).toBe(512);
    expect(generation({ max_completion_tokens: -1, max_tokens: 5 }).maxTokens).toBe(512);
    expect(generation({ max_tokens: 0 }).maxTokens).toBe(0);
    expect(generation({ top_k: -1 }).topK).toBe(0);
  });

  it("takes a schema in json_object and in json_schema, as llama-server does", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    const format = (body: object) => generation(body).responseFormat;
    expect(format({ response_format: { type: "json_object", schema } })).toEqual({
      type: "json_schema",
      schema,
      param: "response_format.schema",
    });
    expect(format({ json_schema: schema })).toEqual({ type: "json_schema", schema, param: "json_schema" });
    expect(format({ json_schema: schema, response_format: { type: "text" } })).toMatchObject({ param: "json_schema" });
    for (const none of [
      { type: "json_object", schema: {} },
      { type: "json_object", schema: null },
    ]) {
      expect(format({ response_format: none })).toEqual({ type: "json_object" });
    }
    expect(format({ json_schema: {} })).toEqual({ type: "json_object" });
  });

  it("takes one stop text, json_object, developer messages and lists of text parts", () => {
    expect(generation({ stop: "END" }).stop).toEqual(["END"]);
    expect(generation({ response_format: { type: "json_object" } }).responseFormat).toEqual({ type: "json_object" });
    const parts = [
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ];
    expect(
      generation({
        messages: [
          { role: "developer", content: "Be brief" },
          { role: "user", content: parts },
        ],
      }).messages,
    ).toEqual([
      { role: "system", content: "Be brief" },
      { role: "user", content: "a\nb" },
    ]);
  });

  it("ignores fields that it does not know, in messages too", () => {
    const body = { user: "u", metadata: { a: 1 }, store: true, parallel_tool_calls: true, reasoning_effort: "low" };
    expect(readChat({ ...body, messages: [{ ...USER, name: "Ann" }] })).toEqual(readChat({}));
  });

  it.each([
    ["n", { n: 2 }, "n (2) must be 1: this service gives one answer a request. Send several requests."],
    ["n", { n: 0 }, "n (0) must be 1: this service gives one answer a request. Send several requests."],
    ["logprobs", { logprobs: true }, "logprobs are not available. Leave the field out."],
    ["top_logprobs", { top_logprobs: 1 }, "top_logprobs are not available. Leave the field out."],
    ["logit_bias", { logit_bias: { "50256": -100 } }, "logit_bias is not available. Leave the field out."],
    [
      "grammar",
      { grammar: 'root ::= "yes" | "no"' },
      "grammar is not available: nothing bounds the memory and the time that a grammar of the client's making takes. " +
        "Use response_format with a JSON Schema.",
    ],
    [
      "json_schema",
      { json_schema: { type: "object" }, response_format: { type: "json_object" } },
      "json_schema stands beside response_format. Leave one of them out.",
    ],
    ["modalities", { modalities: ["text", "audio"] }, 'modalities must be ["text"]: this service answers in text.'],
    [
      "messages[1].content[0].type",
      { messages: [USER, { role: "user", content: [{ type: "image_url" }] }] },
      'messages[1].content[0].type must be "text": this service reads text and nothing else.',
    ],
  ])("refuses %s where it would change the meaning: %j", (param, body, message) => {
    expect(refusedChat(body)).toEqual({
      status: 400,
      type: "invalid_request_error",
      code: "unsupported_request",
      param,
      message,
    });
  });

  it.each([
    ["messages", { messages: [] }],
    ["messages", { messages: "Hi" }],
    ["messages[0].role", { messages: [{ role: "robot", content: "x" }] }],
    ["messages[0].content", { messages: [{ role: "user" }] }],
    ["messages[0].content", { messages: [{ role: "user", content: 4 }] }],
    ["messages[0].content[0].text", { messages: [{ role: "user", content: [{ type: "text" }] }] }],
    ["stream", { stream: "true" }],
    ["max_tokens", { max_tokens: -2 }],
    ["messages", { messages: Array.from({ length: 2049 }, () => USER) }],
    ["min_p", { min_p: 1.01 }],
    ["min_p", { min_p: -0.01 }],
    ["repeat_penalty", { repeat_penalty: 0 }],
    ["repeat_penalty", { repeat_penalty: 2.01 }],
    ["response_format.schema", { response_format: { type: "json_object", schema: [] } }],
    ["json_schema", { json_schema: "{}" }],
    ["max_tokens", { max_tokens: 1.5 }],
    ["temperature", { temperature: 2.01 }],
    ["temperature", { temperature: "0" }],
    ["top_p", { top_p: 0 }],
    ["top_p", { top_p: 1.01 }],
    ["top_k", { top_k: -2 }],
    ["seed", { seed: 0.5 }],
    ["stop", { stop: ["a", "b", "c", "d", "e"] }],
    ["stop", { stop: "" }],
    ["presence_penalty", { presence_penalty: 2.1 }],
    ["frequency_penalty", { frequency_penalty: -2.1 }],
    ["response_format.type", { response_format: { type: "xml" } }],
    ["response_format.json_schema", { response_format: { type: "json_schema" } }],
  ])("refuses a wrong %s: %j", (param, body) => {
    expect(refusedChat(body)).toMatchObject({ status: 400, param, code: "invalid_request" });
  });

  it("never quotes a value in its message: it may be what a patient wrote", () => {
    expect(refusedChat({ messages: [{ role: "user", content: { private: "MRN-1" } }] }).message).not.toContain("MRN-1");
    expect(refusedChat({ messages: [{ role: "MRN-1", content: "x" }] }).message).not.toContain("MRN-1");
  });
});
