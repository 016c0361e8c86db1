/** Holds the pinned node-llama-cpp to the internals that the engine uses: an update must pass this, or be looked at. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { getLlama, getModuleVersion, type Llama, type LlamaContext, type LlamaModel, type Token } from "node-llama-cpp";

import { NativeContext, type SamplerOptions, TESTED_VERSION } from "../../../service/src/engine/binding-internals.js";
import { tinyModel } from "../../helpers/tiny-model.js";

const GREEDY: SamplerOptions = {
  temperature: 0,
  topP: 1,
  topK: 0,
  seed: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  penaltyWindow: 10,
  grammar: undefined,
  forbidden: new Uint32Array(),
};

it("the pinned and the installed version are the tested one", async () => {
  const { dependencies } = JSON.parse(readFileSync("service/package.json", "utf8")) as {
    dependencies: Record<string, string>;
  };
  expect(dependencies["node-llama-cpp"]).toBe(TESTED_VERSION);
  await expect(getModuleVersion()).resolves.toBe(TESTED_VERSION);
});

it("puts sequences into the batch in their order, and gives the drawn tokens in that of the pieces", async () => {
  const added: number[] = [];
  const native = {
    setThreads: () => undefined,
    initBatch: () => undefined,
    addToBatch: (sequence: number) => Uint32Array.of(added.push(sequence) - 1),
    decodeBatch: () => Promise.resolve(),
    sampleToken: (output: number) => Promise.resolve(100 + (added[output] ?? NaN)),
  };
  const model = { fileInsights: { isRecurrent: false, isHybrid: false } };
  const context = new NativeContext({ _ctx: native, model, contextSize: 16 } as unknown as LlamaContext);
  const sampler = { dispose: () => undefined };
  const pieces = [2, 0, 1].map((sequence) => ({ sequence, position: 0, tokens: [7], sampler }));
  await expect(context.evaluate(pieces, 1)).resolves.toEqual([102, 100, 101]);
  expect(added).toEqual([0, 1, 2]);
});

describe("NativeContext", () => {
  let llama: Llama;
  let model: LlamaModel;
  let native: NativeContext;
  let prompt: Token[];
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "carepath-states-"));
    llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, progressLogs: false });
    model = await llama.loadModel({ modelPath: tinyModel(), useMmap: false, ignoreMemorySafetyChecks: true });
    native = new NativeContext(await model.createContext({ sequences: 4, contextSize: 256, threads: 1 }));
    prompt = model.tokenize("Once upon a time there was a copy.");
  }, 60_000);
  afterAll(async () => {
    await llama.dispose();
    rmSync(folder, { recursive: true });
  });

  /** Reads all but the last token of the prompt. */
  const read = (sequence: number) => native.evaluate([{ sequence, position: 0, tokens: prompt.slice(0, -1) }], 1);

  /** Continues the prompt by some tokens, beginning with its last one. */
  const answer = async (sequence: number, options: Partial<SamplerOptions> = {}, from = prompt.length - 1) => {
    const sampler = native.sampler({ ...GREEDY, ...options });
    const tokens: number[] = [];
    let next: number = prompt.at(-1) ?? 0;
    for (let position = from; tokens.length < 12; position++) {
      [next = NaN] = await native.evaluate([{ sequence, position, tokens: [next], sampler }], 1);
      tokens.push(next);
    }
    sampler.dispose();
    return tokens;
  };

  it("draws what the public sequence of the binding draws", async () => {
    const context = await model.createContext({ sequences: 1, contextSize: 256, threads: 1 });
    const expected: number[] = [];
    for await (const token of context.getSequence().evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
      if (expected.push(token) === 12) break;
    }
    await context.dispose();
    await read(0);
    await expect(answer(0)).resolves.toEqual(expected);
  });

  it("min_p of 1 leaves the likeliest token, and a repeat penalty makes an answer repeat itself less", async () => {
    const from = async (options: Partial<SamplerOptions>) => {
      native.truncate(0, 0);
      await read(0);
      return answer(0, options);
    };
    const greedy = await from({});
    await expect(from({ temperature: 2, minP: 1 })).resolves.toEqual(greedy);
    await expect(from({ temperature: 2 })).resolves.not.toEqual(greedy);
    const penalized = await from({ repeatPenalty: 2 });
    expect(penalized[0]).toBe(greedy[0]);
    expect(new Set(penalized).size).toBeGreaterThan(new Set(greedy).size);
  });

  it("several pieces go into one batch, each with its own sampler or none", async () => {
    native.truncate(0, 0);
    await read(0);
    const sampler = native.sampler(GREEDY);
    const drawn = await native.evaluate(
      [
        { sequence: 0, position: prompt.length - 1, tokens: prompt.slice(-1), sampler },
        { sequence: 1, position: 0, tokens: prompt.slice(0, 3) },
      ],
      1,
    );
    sampler.dispose();
    expect(drawn).toEqual([expect.any(Number), undefined]);
  });

  it("a sequence that is cut back to its beginning continues as it did before", async () => {
    native.truncate(0, 0);
    await read(0);
    const first = await answer(0);
    expect(native.truncate(0, prompt.length - 1)).toBe(prompt.length - 1);
    await expect(answer(0)).resolves.toEqual(first);
  });

  it("a copied sequence, and one that was saved and loaded, continue as the original", async () => {
    native.truncate(0, 0);
    await read(0);
    const path = join(folder, "state");
    const bytes = await native.save(0, prompt.slice(0, -1), path);
    expect(bytes).toBe(readFileSync(path).length);
    native.truncate(2, 0);
    await expect(native.copy(0, 2, prompt.length - 1)).resolves.toBe(true);
    native.truncate(3, 0);
    await expect(native.load(3, path)).resolves.toEqual(prompt.slice(0, -1));
    const original = await answer(0);
    await expect(answer(2)).resolves.toEqual(original);
    await expect(answer(3)).resolves.toEqual(original);
  });

  it("a state that is no state is refused", async () => {
    await expect(native.load(3, join(folder, "missing"))).rejects.toThrow("Failed to load state from file");
  });

  it("a sampler remembers its answer for penalties, and never draws what is forbidden", async () => {
    native.truncate(0, 0);
    await read(0);
    const plain = await answer(0);
    native.truncate(0, prompt.length - 1);
    const varied = await answer(0, { presencePenalty: 2, frequencyPenalty: 2 });
    expect(new Set(varied).size).toBeGreaterThan(new Set(plain).size);
    native.truncate(0, prompt.length - 1);
    const without = await answer(0, { forbidden: Uint32Array.from(plain) });
    expect(without.filter((token) => plain.includes(token))).toEqual([]);
  });
});
