import { describe, expect, it } from "@jest/globals";
import { readChat, refusedChat } from "../../../helpers/chat-body.js";

const parameters = { type: "object", properties: { city: { type: "string" } } };
const named = (name: string, more: object = {}) => ({ type: "function", function: { name, ...more } });
const tools = [named("get_weather", { description: "The weather", parameters, strict: true }), named("get_time")];
const BOTH = [
  { name: "get_weather", description: "The weather", parameters, strict: true, path: "tools[0].function" },
  { name: "get_time", strict: false, path: "tools[1].function" },
];

describe("tools of a chat request", () => {
  it.each([
    [{}, "auto", true],
    [{ tool_choice: null, parallel_tool_calls: null }, "auto", true],
    [{ tool_choice: "required", parallel_tool_calls: false }, "required", false],
    [{ tool_choice: named("get_time") }, { name: "get_time" }, true],
  ])("reach the engine with %j", (more, choice, parallel) => {
    expect(readChat({ tools, ...more }).generation.toolUse).toEqual({ tools: BOTH, choice, parallel });
  });

  it.each([{}, { tools: [] }, { tools: null, tool_choice: "auto" }, { tools, tool_choice: "none" }, { functions: [] }])(
    "are not there with %j",
    (body) => {
      expect(readChat(body).generation).not.toHaveProperty("toolUse");
    },
  );

  it.each([
    [
      "tools[0].type",
      { tools: [{ type: "custom", custom: { name: "x" } }] },
      /^tools\[0\] must be \{"type": "function"/,
    ],
    [
      "tool_choice",
      { tools, tool_choice: { type: "allowed_tools" } },
      /^tool_choice must be "none", "auto", "required" or/,
    ],
    ["functions", { functions: [{ name: "x" }] }, /^functions are the old form of tools/],
    ["functions", { function_call: "auto" }, /^functions are the old form of tools/],
  ])("refuses other kinds: %s", (param, body, message) => {
    expect(refusedChat(body)).toMatchObject({
      code: "unsupported_request",
      param,
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ["tools[1].function.name", { tools: [named("a"), named("a")] }, /stands there twice/],
    ["tools[0].function.name", { tools: [named("a b")] }, /must be 1 to 128 letters, digits/],
    ["tools[0].function.name", { tools: [named("")] }, /must be 1 to 128 letters, digits/],
    ["tools[0].function.parameters", { tools: [named("a", { parameters: "{}" })] }, /expected record/],
    ["tools", { tools: Array.from({ length: 129 }, (_, index) => named(`t${index}`)) }, /128/],
    ["tools", { tools: [named("a", { description: "x".repeat(100_000) })] }, /longer than 100000 characters/],
    ["tool_choice", { tools, tool_choice: "any" }, /must be "none", "auto", "required" or/],
    ["tool_choice", { tool_choice: "required" }, /there are no tools/],
    ["tool_choice.function.name", { tools, tool_choice: named("other") }, /must be the name of one of the tools/],
  ])("refuses a wrong %s: %j", (param, body, message) => {
    expect(refusedChat(body)).toMatchObject({
      code: "invalid_request",
      param,
      message: expect.stringMatching(message),
    });
  });
});
