import { ChatPrompt } from "../../../service/src/engine/chat-prompt.js";
import { type ChatMessage, UnsupportedRequestError } from "../../../service/src/engine/engine.js";
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
