import { describe, expect, it } from "@jest/globals";
import { readChat, refusedChat, USER } from "../../../helpers/chat-body.js";

const read = (messages: object[]) => readChat({ messages }).generation.messages;
const call = (id: string, name = "f", json = '{"a": 1}') => ({
  id,
  type: "function",
  function: { name, arguments: json },
});
const calling = (...calls: object[]) => ({ role: "assistant", content: null, tool_calls: calls });
const result = (id: string | undefined, content: unknown) => ({ role: "tool", tool_call_id: id, content });

describe("messages of tools", () => {
  it("keep what was called, and the results in the order of the calls", () => {
    const messages = [USER, calling(call("1", "f"), call("2", "g", "")), result("2", "two"), result("1", "one"), USER];
    expect(read(messages)).toEqual([
      USER,
      {
        role: "assistant",
        content: "",
        toolCalls: [
          { name: "f", arguments: '{"a": 1}' },
          { name: "g", arguments: "{}" },
        ],
      },
      { role: "tool", content: "one" },
      { role: "tool", content: "two" },
      USER,
    ]);
  });

  it("may do without ids, and have parts", () => {
    const parts = [
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ];
    const messages = [USER, { ...calling(call("1")), content: "Let me see." }, result(undefined, parts)];
    expect(read(messages).slice(1)).toEqual([
      expect.objectContaining({ content: "Let me see." }),
      { role: "tool", content: "a\nb" },
    ]);
  });

  it.each([
    ["messages[1].role", [USER, result("1", "x")], /follows no call/],
    ["messages[0].role", [{ role: "tool", content: "x" }], /follows no call/],
    ["messages[3].role", [USER, calling(call("1")), result("1", "x"), result("1", "y")], /follows no call/],
    ["messages[1].tool_calls", [USER, calling(call("1"))], /calls 1 tool: as many messages of role "tool" must follow/],
    ["messages[1].tool_calls", [USER, calling(call("1"), call("2")), result("1", "x"), USER], /calls 2 tools/],
    ["messages[2].tool_call_id", [USER, calling(call("1")), result("9", "x")], /is the id of no call before it/],
    [
      "messages[1].tool_calls[0].function.arguments",
      [USER, calling(call("1", "f", "[1]")), result("1", "x")],
      /JSON object/,
    ],
    [
      "messages[1].tool_calls[0].function.arguments",
      [USER, calling(call("1", "f", "{")), result("1", "x")],
      /JSON object/,
    ],
    ["messages[1].tool_calls[0].function.name", [USER, calling(call("1", "f g")), result("1", "x")], /letters, digits/],
    ["messages[2].content", [USER, calling(call("1")), result("1", null)], /is missing/],
  ])("refuse a wrong %s", (param, messages, message) => {
    expect(refusedChat({ messages })).toMatchObject({
      param,
      code: "invalid_request",
      message: expect.stringMatching(message),
    });
  });

  it.each([
    [[{ role: "function", name: "f", content: "x" }]],
    [[USER, { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } }]],
  ])("refuse the old form of tools: %j", (messages) => {
    expect(refusedChat({ messages })).toMatchObject({
      code: "unsupported_request",
      param: `messages[${messages.length - 1}]`,
    });
  });
});
