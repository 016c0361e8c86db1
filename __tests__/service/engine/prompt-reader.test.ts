import { toUSVString } from "node:util";

import { type Token } from "node-llama-cpp";

import { ChatPrompt } from "../../../service/src/engine/chat-prompt.js";
import { type GenerationRequest, GREEDY, PromptTooLongError } from "../../../service/src/engine/engine.js";
import { PromptReader, SLICE_CHARACTERS, type Vocabulary } from "../../../service/src/engine/prompt-reader.js";
import { TEMPLATES } from "../../../service/tools/byte-level-vocabulary.js";

const saying = (...texts: string[]): GenerationRequest => ({
  ...GREEDY,
  maxTokens: 1,
  messages: texts.map((content) => ({ role: "user", content })),
});

/** One token for so many characters. It records every text that it was given. */
class FakeVocabulary implements Vocabulary {
  readonly bos = null;
  readonly texts: string[] = [];
  constructor(readonly charactersPerToken = 1) {}
  tokenize(text: string): readonly Token[] {
    this.texts.push(text);
    const { charactersPerToken } = this;
    return Array.from({ length: Math.ceil(text.length / charactersPerToken) }, (_, index) =>
      text.charCodeAt(index * charactersPerToken),
    ) as Token[];
  }
}

const reader = (vocabulary: Vocabulary, contextSize: number): PromptReader =>
  new PromptReader(new ChatPrompt(TEMPLATES.chatml, { bos: null, eos: null }), vocabulary, contextSize);
const never = new AbortController().signal;

describe("PromptReader", () => {
  it("lets the event loop turn between two slices, whatever the number of requests", async () => {
    const vocabulary = new FakeVocabulary();
    const prompts = reader(vocabulary, 1_000_000);
    let most = 0;
    let seen = 0;
    let ended = false;
    const watch = (): void => {
      const characters = vocabulary.texts.slice(seen).reduce((sum, text) => sum + text.length, 0);
      seen = vocabulary.texts.length;
      most = Math.max(most, characters);
      if (!ended) setImmediate(watch);
    };
    setImmediate(watch);
    await Promise.all(Array.from({ length: 12 }, () => prompts.read(saying("word ".repeat(8_000)), never)));
    ended = true;
    expect(vocabulary.texts.join("").length).toBeGreaterThan(12 * 40_000);
    expect(most).toBeLessThanOrEqual(SLICE_CHARACTERS);
  });

  it("stops reading where the context is full, and estimates the rest", async () => {
    const vocabulary = new FakeVocabulary(4);
    const refused = reader(vocabulary, 2_048).read(saying("word ".repeat(10_000)), never);
    await expect(refused).rejects.toThrow(
      "messages have about 12524 tokens, and the context of one slot holds 2048 including at least one token of answer. Shorten the messages, or raise CONTEXT_SIZE.",
    );
    expect(vocabulary.texts.join("").length).toBeLessThan(3 * SLICE_CHARACTERS);
  });

  it("reads one slice of a text with more bytes than any real text of the context's tokens has", async () => {
    const vocabulary = new FakeVocabulary(128);
    await expect(reader(vocabulary, 4_096).read(saying(" ".repeat(1_000_000)), never)).rejects.toThrow(
      PromptTooLongError,
    );
    expect(vocabulary.texts.join("").length).toBeLessThanOrEqual(SLICE_CHARACTERS);
    await expect(reader(vocabulary, 4_096).read(saying(" ".repeat(100_000)), never)).resolves.toBeDefined();
  });

  it("refuses at the context's size and takes one token less", async () => {
    const empty = (await reader(new FakeVocabulary(), 1_000).read(saying(""), never)).tokens.length;
    const fits = "x".repeat(999 - empty);
    expect((await reader(new FakeVocabulary(), 1_000).read(saying(fits), never)).tokens).toHaveLength(999);
    await expect(reader(new FakeVocabulary(), 1_000).read(saying(`${fits}x`), never)).rejects.toMatchObject({
      promptTokens: 1_000,
      contextSize: 1_000,
      message: expect.stringContaining("messages have 1000 tokens") as string,
    });
  });

  it("cuts before a word and never within a character, and loses nothing", async () => {
    const words = "the cat sat on a mat ".repeat(600);
    const faces = "\u{1F44D}".repeat(5_000);
    const solid = `a${"x".repeat(9_000)}`;
    for (const text of [words, faces, solid]) {
      const vocabulary = new FakeVocabulary();
      await reader(vocabulary, 1_000_000).read(saying(text), never);
      const slices = vocabulary.texts.filter((slice) => text.includes(slice) && slice !== "");
      expect(slices.join("")).toBe(text);
      for (const slice of slices) expect(slice).toBe(toUSVString(slice));
      if (text === words) for (const slice of slices.slice(1)) expect(slice).toMatch(/^ \p{L}/u);
    }
  });

  it("cuts the same text in the same places, wherever it stands", async () => {
    const text = "the cat sat on a mat ".repeat(600);
    const slicesAfter = async (...before: string[]): Promise<string[]> => {
      const vocabulary = new FakeVocabulary();
      await reader(vocabulary, 1_000_000).read(saying(...before, text), never);
      return vocabulary.texts.filter((slice) => slice !== "" && text.includes(slice));
    };
    expect(await slicesAfter("Hello, who are you?")).toEqual(await slicesAfter());
  });

  it("stops for a client that has left", async () => {
    const reason = new Error("gone");
    const vocabulary = new FakeVocabulary();
    await expect(reader(vocabulary, 100).read(saying("hi"), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(vocabulary.texts).toEqual([]);
  });

  it.each([
    ["auto", "text", "<think>\n", true],
    ["auto", "json_object", "<think>\n</think>\n\n", false],
    ["required", "text", "<think>\n</think>\n\n<tool_call>\n", false],
    [{ name: "f" }, "text", "<think>\n</think>\n\n<tool_call>\n", false],
  ] as const)("with tools (%j) and an answer as %s the prompt of a thinking model ends in %j", async (...row) => {
    const [choice, type, end, open] = row;
    const thinking = `${TEMPLATES.tools.slice(0, -"' }}{% endif %}".length)}<think>\\n' }}{% endif %}{# </think> #}`;
    const prompt = new ChatPrompt(thinking, { bos: null, eos: null });
    const vocabulary = new FakeVocabulary();
    const tools = [{ name: "f", strict: false, path: "tools[0].function" }];
    const request = { ...saying("Hi"), responseFormat: { type }, toolUse: { tools, choice, parallel: true } };
    const { reasoningOpen } = await new PromptReader(prompt, vocabulary, 10_000).read(request, never);
    expect(vocabulary.texts.join("").endsWith(`<|im_start|>assistant\n${end}`)).toBe(true);
    expect(reasoningOpen).toBe(open);
  });
});
