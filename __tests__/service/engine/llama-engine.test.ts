/** The engine on real llama.cpp with a model of random weights. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  type Delta,
  type Engine,
  type GenerationEvents,
  type GenerationRequest,
  type GenerationResult,
  GREEDY,
} from "../../../service/src/engine/engine.js";
import { MOST_STEP_TOKENS } from "../../../service/src/engine/piece-size.js";
import { tinyEngine } from "../../helpers/tiny-engine.js";

const SYSTEM = "You answer questions about the weather, kindly and in few words, and never about anything else.";

const request = (over: Partial<GenerationRequest> = {}, text = "Will it rain?"): GenerationRequest => ({
  messages: [
    { role: "system", content: SYSTEM },
    { role: "user", content: text },
  ],
  maxTokens: 24,
  ...GREEDY,
  ...over,
});

const never = new AbortController().signal;
const ask = (
  engine: Engine,
  over?: Partial<GenerationRequest>,
  text?: string,
  events: Partial<GenerationEvents> = {},
): Promise<GenerationResult> => engine.generate(request(over, text), { signal: never, ...events });

/** A sampled answer that is long: random weights end some answers early. */
const SAMPLED = { temperature: 1, seed: 7, maxTokens: 40 };

describe("LlamaEngine", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await tinyEngine();
  }, 60_000);
  afterAll(() => engine.dispose());

  it("knows its model and has answered a warm-up", () => {
    expect(engine.slots).toBe(2);
    expect(engine.model).toMatchObject({
      id: "tiny",
      contextSize: 1024,
      trainedContextSize: 4096,
      architecture: "qwen2",
      threads: 1,
    });
    expect(engine.model.promptTokensPerSecond).toBeGreaterThan(0);
  });

  it("deltas add up to the content, and progress is reported for every piece and token", async () => {
    const deltas: Delta[] = [];
    let progress = 0;
    const prompts: { promptTokens: number; cachedTokens: number }[] = [];
    const result = await ask(engine, { maxTokens: 12 }, "y".repeat(100), {
      onDelta: (delta) => deltas.push(delta),
      onProgress: () => progress++,
      onPrompt: (prompt) => prompts.push(prompt),
    });
    expect(deltas.map(({ text }) => text).join("")).toBe(result.content);
    expect(prompts).toEqual([{ promptTokens: result.promptTokens, cachedTokens: result.cachedTokens }]);
    const pieces = Math.ceil((result.promptTokens - result.cachedTokens) / MOST_STEP_TOKENS);
    expect(progress).toBeGreaterThanOrEqual(pieces + result.completionTokens - 1);
    expect(result.finishReason).toBe("length");
    expect(result.completionTokens).toBe(12);
  });

  it("greedy and seeded answers repeat, whatever has been asked in between", async () => {
    const greedy = await ask(engine);
    const seeded = await ask(engine, SAMPLED);
    await ask(engine, { temperature: 1, seed: 99 }, "Something else altogether, at some length.");
    expect((await ask(engine)).content).toBe(greedy.content);
    expect((await ask(engine, SAMPLED)).content).toBe(seeded.content);
    expect((await ask(engine, { ...SAMPLED, seed: 8 })).content).not.toBe(seeded.content);
  });

  it("an answer is the same while another one is generated", async () => {
    const alone = await ask(engine, SAMPLED);
    const [together, other] = await Promise.all([
      ask(engine, SAMPLED),
      ask(engine, { ...SAMPLED, seed: 3 }, "z".repeat(150)),
    ]);
    expect(together.content).toBe(alone.content);
    expect(other.completionTokens).toBeGreaterThan(0);
  });

  it("without a seed two answers differ", async () => {
    const unseeded = { temperature: SAMPLED.temperature, maxTokens: SAMPLED.maxTokens };
    const [a, b] = [await ask(engine, unseeded), await ask(engine, unseeded)];
    expect(a.content).not.toBe(b.content);
  });

  it("a conversation that goes on is not read again", async () => {
    const first = await ask(engine, { maxTokens: 8 }, "Tell me about the wind.");
    const { messages } = request({}, "Tell me about the wind.");
    const second = await ask(engine, {
      messages: [
        ...messages,
        { role: "assistant", content: first.content },
        { role: "user", content: "And the snow?" },
      ],
    });
    expect(second.cachedTokens).toBeGreaterThanOrEqual(first.promptTokens);
    expect(second.cachedTokens).toBeLessThan(second.promptTokens);
  });

  it("a system prompt that another slot holds is copied, and the answer is that of reading it", async () => {
    const fresh = await tinyEngine();
    const alone = await ask(fresh, SAMPLED, "Is it windy?");
    await fresh.dispose();

    const shared = await tinyEngine();
    await ask(shared, { maxTokens: 4 }, "Will it rain?");
    const [, copied] = await Promise.all([
      ask(shared, { maxTokens: 30 }, "Will it rain?"),
      ask(shared, SAMPLED, "Is it windy?"),
    ]);
    await shared.dispose();
    expect(copied.cachedTokens).toBeGreaterThan(64);
    expect(copied.content).toBe(alone.content);
  }, 60_000);

  it("refuses a call beyond its slots, and takes the next one after", async () => {
    const running = [ask(engine), ask(engine, SAMPLED)];
    await expect(ask(engine)).rejects.toThrow("all 2 slots are busy: the caller has to queue");
    await Promise.all(running);
    await expect(ask(engine)).resolves.toMatchObject({ completionTokens: 24 });
  });

  it.each([
    ["while its prompt is read", "onProgress"],
    ["before anything is read", "onPrompt"],
    ["in the middle of its answer", "onDelta"],
  ] as const)("a request aborted %s frees its slot, and the others never notice", async (_, when) => {
    const quiet = await ask(engine, SAMPLED);
    const controller = new AbortController();
    const reason = new Error("the client left");
    const aborted = ask(engine, { ...SAMPLED, maxTokens: 500 }, "w".repeat(300), {
      signal: controller.signal,
      [when]: () => controller.abort(reason),
    });
    const [outcome, other] = await Promise.allSettled([aborted, ask(engine, SAMPLED)]);
    expect(outcome).toEqual({ status: "rejected", reason });
    expect(other).toMatchObject({ status: "fulfilled", value: { content: quiet.content } });
    await expect(Promise.all([ask(engine), ask(engine)])).resolves.toHaveLength(2);
  });

  it("a request that is aborted already does nothing", async () => {
    const reason = new Error("gone");
    await expect(ask(engine, {}, "x", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("a prompt that leaves no room for one token is refused with both numbers, and one shorter is answered", async () => {
    const { promptTokens } = await ask(engine, { maxTokens: 1 }, "");
    const fits = 1024 - 1 - promptTokens;
    const longest = await ask(engine, { maxTokens: 50 }, "x".repeat(fits));
    expect(longest).toMatchObject({ promptTokens: 1023, completionTokens: 1 });
    await expect(ask(engine, {}, "x".repeat(fits + 1))).rejects.toMatchObject({
      code: "context_length_exceeded",
      promptTokens: 1024,
      contextSize: 1024,
    });
  });

  it("special tokens that a user types are plain text", async () => {
    const plain = await ask(engine, { maxTokens: 1 }, "");
    const typed = await ask(engine, { maxTokens: 1 }, "<|im_end|>");
    // Ten characters, of which the vocabulary merges "nd".
    expect(typed.promptTokens - plain.promptTokens).toBe(9);
  });

  it("a stop string ends the answer and is not given out", async () => {
    const whole = await ask(engine, SAMPLED);
    const stop = whole.content.slice(10, 13);
    const deltas: string[] = [];
    const stopped = await ask(engine, { ...SAMPLED, stop: [stop] }, undefined, {
      onDelta: ({ text }) => deltas.push(text),
    });
    expect(stopped.content).toBe(whole.content.slice(0, whole.content.indexOf(stop)));
    expect(deltas.join("")).toBe(stopped.content);
    expect(stopped.finishReason).toBe("stop");
  });

  it("ends with its end-of-turn token at some point, and says so", async () => {
    const seeds = Array.from({ length: 12 }, (_, seed) => seed);
    const reasons: string[] = [];
    for (const seed of seeds) {
      reasons.push((await ask(engine, { temperature: 1.5, seed, maxTokens: 150 })).finishReason);
    }
    expect(reasons).toContain("stop");
  });

  it("penalties change what is said", async () => {
    const plain = await ask(engine, { maxTokens: 40 });
    const penalised = await ask(engine, { maxTokens: 40, presencePenalty: 2, frequencyPenalty: 2 });
    const distinct = ({ content }: GenerationResult): number => new Set(content).size;
    expect(distinct(penalised)).toBeGreaterThan(distinct(plain));
  });

  it("json_schema: valid under the schema or cut at the limit, also with random weights", async () => {
    const schema = {
      type: "object",
      properties: {
        urgency: { enum: ["emergency", "urgent", "routine"] },
        summary: { type: "string", minLength: 1, maxLength: 30 },
        advice: { type: "array", minItems: 1, maxItems: 2, items: { type: "string", maxLength: 20 } },
      },
      required: ["urgency", "summary", "advice"],
      additionalProperties: false,
    };
    for (let seed = 0; seed < 8; seed++) {
      const format = { type: "json_schema", schema } as const;
      const { content, finishReason } = await ask(engine, {
        temperature: 1,
        seed,
        maxTokens: 400,
        responseFormat: format,
      });
      expect(finishReason).toBe("stop");
      const value = JSON.parse(content) as { urgency: string; summary: string; advice: string[] };
      expect(Object.keys(value)).toEqual(["urgency", "summary", "advice"]);
      expect(["emergency", "urgent", "routine"]).toContain(value.urgency);
      expect(Array.from(value.summary).length).toBeLessThanOrEqual(30);
      expect([1, 2]).toContain(value.advice.length);
    }
  });

  it("json_object: an object, or an answer that says it was cut", async () => {
    for (let seed = 0; seed < 4; seed++) {
      const format = { type: "json_object" } as const;
      const { content, finishReason } = await ask(engine, {
        temperature: 1,
        seed,
        maxTokens: 200,
        responseFormat: format,
      });
      if (finishReason === "stop") expect(typeof JSON.parse(content)).toBe("object");
      else expect(content.startsWith("{")).toBe(true);
    }
  });

  it("a schema that cannot be expressed is refused before a slot is taken", async () => {
    const format = { type: "json_schema", schema: { type: "string", pattern: "(?=a)" } } as const;
    await expect(engine.prepare(request({ responseFormat: format }), never)).rejects.toMatchObject({
      code: "unsupported_request",
      param: "response_format.json_schema.schema.pattern",
    });
    await expect(Promise.all([ask(engine), ask(engine)])).resolves.toHaveLength(2);
  });
});

it("a thinking model's reasoning is apart from its answer, and a constrained answer skips it", async () => {
  const engine = await tinyEngine({ template: "thinking" });
  const deltas: Delta[] = [];
  const thought = await ask(engine, SAMPLED, undefined, { onDelta: (delta) => deltas.push(delta) });
  const object = await ask(engine, {
    ...SAMPLED,
    maxTokens: 300,
    responseFormat: { type: "json_schema", schema: { type: "boolean" } },
  });
  await engine.dispose();
  expect(deltas[0]?.kind).toBe("reasoning");
  expect(thought.reasoning?.length).toBeGreaterThan(0);
  expect(thought.content).not.toContain("think>");
  expect(object.reasoning).toBeUndefined();
  expect(["true", "false"]).toContain(object.content);
}, 60_000);

describe("conversations that take turns on one slot", () => {
  const folder = mkdtempSync(join(tmpdir(), "carepath-conversations-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const openStore = (bytes: number, systemMessages: string[] = []): Promise<Engine> =>
    tinyEngine({ slots: 1, stateCache: { bytes, folder: join(folder, "states"), onVolume: true }, systemMessages });
  const opening: Partial<GenerationRequest> = {
    ...SAMPLED,
    messages: [{ role: "user", content: "Paris. ".repeat(9) }],
  };
  const continuation = (answer: string): Partial<GenerationRequest> => ({
    ...SAMPLED,
    messages: [
      ...(opening.messages ?? []),
      { role: "assistant", content: answer },
      { role: "user", content: "And how is the weather over there? ".repeat(4) },
    ],
  });

  it("an answer after a restored state equals the one without, also after a restart", async () => {
    const without = await openStore(0);
    const first = await ask(without, opening);
    const expected = await ask(without, continuation(first.content));
    await without.dispose();

    const kept = await openStore(2 ** 24);
    await ask(kept, opening);
    await ask(kept, { messages: [{ role: "user", content: "Something else altogether. ".repeat(9) }] });
    const restored = await ask(kept, continuation(first.content));
    expect(kept.status().states?.restored).toBe(1);
    expect(restored).toMatchObject({ content: expected.content, cachedTokens: expected.cachedTokens });
    await kept.dispose();

    const restarted = await openStore(2 ** 24);
    const again = await ask(restarted, continuation(first.content));
    expect(again.content).toBe(expected.content);
    expect(again.cachedTokens).toBe(again.promptTokens - 1);
    await restarted.dispose();
  }, 60_000);

  it("what all prompts begin with is known before the first request, and stays", async () => {
    const engine = await openStore(2 ** 24, [SYSTEM]);
    for (const text of ["Will it rain?", "Is it windy?"]) {
      const { cachedTokens, promptTokens } = await ask(engine, {}, text);
      expect(cachedTokens / promptTokens).toBeGreaterThan(0.7);
      await ask(engine, { messages: [{ role: "user", content: `${text} Something else. `.repeat(9) }] });
    }
    await engine.dispose();
  }, 60_000);
});

it("starts with a beginning that its context cannot hold", async () => {
  const engine = await tinyEngine({ contextSize: 256, systemMessages: ["A long beginning. ".repeat(200)] });
  expect((await ask(engine)).promptTokens).toBeGreaterThan(0);
  await engine.dispose();
}, 60_000);

it("disposing stops what runs, is idempotent, and later calls are refused", async () => {
  const engine = await tinyEngine();
  const running = ask(engine, { ...SAMPLED, maxTokens: 500 });
  const outcome = expect(running).rejects.toThrow("the engine is being disposed of");
  await Promise.all([engine.dispose(), engine.dispose()]);
  await outcome;
  await expect(ask(engine)).rejects.toThrow("the engine has been disposed of");
}, 60_000);
