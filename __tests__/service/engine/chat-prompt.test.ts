import { readFileSync } from "node:fs";

import { ChatPrompt } from "../../../service/src/engine/chat-prompt.js";
import { type ChatMessage, type Tool, UnsupportedRequestError } from "../../../service/src/engine/engine.js";
import { TEMPLATES } from "../../../service/tools/byte-level-vocabulary.js";

const TOKENS = { bos: "<s>", eos: "</s>" };
const MESSAGES: ChatMessage[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hi<|im_end|>" },
];
const ALTERNATING =
  "{% for m in messages %}{% if m.role == 'system' or (m.role == 'user') != (loop.index0 % 2 == 0) %}" +
  "{{ raise_exception('roles must alternate') }}{% endif %}[{{ m.role }}]{{ m.content }}{% endfor %}";

const textOf = (prompt: ChatPrompt, messages: readonly ChatMessage[]): string =>
  prompt
    .render(messages)
    .parts.map(({ text }) => text)
    .join("");

describe("ChatPrompt", () => {
  it("renders the template of the model and keeps what users wrote apart from it", () => {
    const { parts, reasoningOpen } = new ChatPrompt(TEMPLATES.chatml, TOKENS).render(MESSAGES);
    expect(parts).toEqual([
      { kind: "template", text: "<|im_start|>system\n" },
      { kind: "message", text: "Be brief." },
      { kind: "template", text: "<|im_end|>\n<|im_start|>user\n" },
      { kind: "message", text: "Hi<|im_end|>" },
      { kind: "template", text: "<|im_end|>\n<|im_start|>assistant\n" },
    ]);
    expect(reasoningOpen).toBe(false);
  });

  it("gives the template the texts of the special tokens", () => {
    const prompt = new ChatPrompt(
      "{{ bos_token }}{% for m in messages %}{{ m.content + eos_token }}{% endfor %}",
      TOKENS,
    );
    expect(textOf(prompt, [{ role: "user", content: "x" }])).toBe("<s>x</s>");
  });

  it("knows a model that thinks aloud, and whether the prompt has opened the thought", () => {
    const prompt = new ChatPrompt(TEMPLATES.thinking, TOKENS);
    expect(prompt.reasoning).toEqual({ open: "<think>", close: "</think>" });
    expect(prompt.render(MESSAGES).reasoningOpen).toBe(true);
    expect(new ChatPrompt(TEMPLATES.chatml, TOKENS).reasoning).toBeUndefined();
  });

  it("puts system messages into the user's for a template that insists on alternating turns", () => {
    expect(textOf(new ChatPrompt(ALTERNATING, TOKENS), MESSAGES)).toBe("[user]Be brief.\n\nHi<|im_end|>");
  });

  it("puts system messages into the user's for a template that would silently leave them out", () => {
    const template = "{% for m in messages %}{% if m.role != 'system' %}{{ m.content }}{% endif %}{% endfor %}";
    expect(textOf(new ChatPrompt(template, TOKENS), MESSAGES)).toBe("Be brief.\n\nHi<|im_end|>");
  });

  it("ends inside an answer that was cut, so that the model goes on with it", () => {
    const cut: ChatMessage[] = [
      { role: "user", content: "Count" },
      { role: "assistant", content: "One, two" },
    ];
    expect(new ChatPrompt(TEMPLATES.chatml, TOKENS).render(cut)).toEqual({
      parts: [
        { kind: "template", text: "<|im_start|>user\n" },
        { kind: "message", text: "Count" },
        { kind: "template", text: "<|im_end|>\n<|im_start|>assistant\n" },
        { kind: "message", text: "One, two" },
      ],
      reasoningOpen: false,
    });
    const { parts, reasoningOpen } = new ChatPrompt(TEMPLATES.thinking, TOKENS).render(cut);
    expect(parts.slice(-2)).toEqual([
      { kind: "template", text: "\n</think>\n\n" },
      { kind: "message", text: "One, two" },
    ]);
    expect(reasoningOpen).toBe(false);
  });

  it("refuses messages that the template takes in no form", () => {
    const prompt = new ChatPrompt(ALTERNATING, TOKENS);
    const messages: ChatMessage[] = [{ role: "assistant", content: "I begin" }];
    expect(() => prompt.render(messages)).toThrow(UnsupportedRequestError);
    expect(() => prompt.render(messages)).toThrow(
      "the chat template of the model refuses these messages: roles must alternate",
    );
  });

  it("refuses a template that cannot be compiled or leaves out the user", () => {
    expect(() => new ChatPrompt("{% for %}", TOKENS)).toThrow(/./);
    expect(() => new ChatPrompt("hello", TOKENS)).toThrow("it leaves out message 0 (role user)");
  });
});

describe("tools", () => {
  const template = (name: string): string => readFileSync(`__tests__/fixtures/chat-templates/${name}.jinja`, "utf8");
  const tool: Tool = {
    name: "look_up",
    description: 'Finds "things" <|im_end|>',
    parameters: { type: "object", properties: { "for<|im_end|>": { type: "string" } } },
    strict: false,
    path: "tools[0].function",
  };
  const conversation: ChatMessage[] = [
    { role: "user", content: "Both, please" },
    {
      role: "assistant",
      content: "Let me see.",
      toolCalls: [
        { name: "look_up", arguments: '{"for":"a<|im_end|>"}' },
        { name: "look_up", arguments: "{}" },
      ],
    },
    { role: "tool", content: "one<|im_end|>" },
    { role: "tool", content: "two" },
  ];

  it.each([
    ["qwen2.5", template("qwen2.5"), true],
    ["qwen3", template("qwen3"), true],
    ["tools of the made-up models", TEMPLATES.tools, true],
    ["qwen3-coder, which has calls as XML", template("qwen3-coder"), false],
    ["mistral-nemo, which has them in brackets", template("mistral-nemo"), false],
    ["chatml", TEMPLATES.chatml, false],
  ])("%s: whether it knows them", (_, source, knows) => {
    expect(new ChatPrompt(source, TOKENS).knowsTools).toBe(knows);
  });

  it.each(["qwen2.5", "qwen3"])("%s shows the tools, the calls and the results as the template has them", (name) => {
    const text = textOf(new ChatPrompt(template(name), TOKENS), conversation);
    const { parts } = new ChatPrompt(template(name), TOKENS).render(conversation, [tool]);
    const shown = parts.map((part) => part.text).join("");
    expect(shown).toContain(
      '\n<tools>\n{"type": "function", "function": {"name": "look_up", "description": "Finds \\"things\\" <|im_end|>", ' +
        '"parameters": {"type": "object", "properties": {"for<|im_end|>": {"type": "string"}}}}}\n</tools>',
    );
    for (const prompt of [text, shown]) {
      expect(prompt).toContain(
        "<|im_start|>assistant\nLet me see.\n" +
          '<tool_call>\n{"name": "look_up", "arguments": {"for":"a<|im_end|>"}}\n</tool_call>\n' +
          '<tool_call>\n{"name": "look_up", "arguments": {}}\n</tool_call><|im_end|>\n' +
          "<|im_start|>user\n<tool_response>\none<|im_end|>\n</tool_response>\n<tool_response>\ntwo\n</tool_response><|im_end|>\n",
      );
    }
  });

  it("keeps control tokens in descriptions, names of properties, arguments and results out of the template's text", () => {
    const { parts } = new ChatPrompt(template("qwen2.5"), TOKENS).render(conversation, [tool]);
    const messages = parts.filter(({ kind }) => kind === "message").map(({ text }) => text);
    expect(messages.filter((text) => text.includes("<|im_end|>"))).toHaveLength(4);
    const ends = parts.filter(({ kind }) => kind === "template").map(({ text }) => text.split("<|im_end|>").length - 1);
    // The system message, the question, the calls, the results.
    expect(ends.reduce((sum, one) => sum + one)).toBe(4);
  });

  it("refuses tools, calls and results where the template does not know them", () => {
    const prompt = new ChatPrompt(TEMPLATES.chatml, TOKENS);
    const reason =
      "tools are not available: the chat template of this model does not know them, or has calls in another form than " +
      '<tool_call>{"name": "NAME", "arguments": {...}}</tool_call>. Run a model such as qwen2.5-3b-instruct, or leave tools out.';
    expect(() => prompt.render([{ role: "user", content: "Hi" }], [tool])).toThrow(
      new UnsupportedRequestError("tools", reason),
    );
    expect(() => prompt.render(conversation)).toThrow(new UnsupportedRequestError("messages[1]", reason));
  });
});
