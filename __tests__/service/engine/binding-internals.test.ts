/** Holds the pinned node-llama-cpp to the internals that the engine uses: an update must pass this, or be looked at. */
import { readFileSync } from "node:fs";

import { getLlama, getModuleVersion, type LlamaContext, type LlamaContextSequence } from "node-llama-cpp";

import { copyState, TESTED_VERSION } from "../../../service/src/engine/binding-internals.js";
import { tinyModel } from "../../helpers/tiny-model.js";

test("the pinned and the installed version are the tested one", async () => {
  const { dependencies } = JSON.parse(readFileSync("service/package.json", "utf8")) as {
    dependencies: Record<string, string>;
  };
  expect(dependencies["node-llama-cpp"]).toBe(TESTED_VERSION);
  await expect(getModuleVersion()).resolves.toBe(TESTED_VERSION);
});

test("a copied state continues exactly as the original does", async () => {
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, progressLogs: false });
  const model = await llama.loadModel({ modelPath: tinyModel(), useMmap: false, ignoreMemorySafetyChecks: true });
  const context: LlamaContext = await model.createContext({ sequences: 3, contextSize: 256, threads: 1 });
  const next = async (sequence: LlamaContextSequence): Promise<number[]> => {
    const tokens: number[] = [];
    for await (const token of sequence.evaluate(model.tokenize("!"), { temperature: 0 })) {
      if (tokens.push(token) === 10) break;
    }
    return tokens;
  };
  const prompt = model.tokenize("Once upon a time there was a copy.");
  const [original, copy, empty] = [context.getSequence(), context.getSequence(), context.getSequence()];
  await original.evaluateWithoutGeneratingNewTokens(prompt);
  await expect(copyState(original, copy)).resolves.toBe(true);
  expect(copy.contextTokens).toEqual(prompt);
  expect(copy.nextTokenIndex).toBe(prompt.length);
  const continued = await next(copy);
  expect(continued).toEqual(await next(original));
  expect(continued).not.toEqual(await next(empty));
  await llama.dispose();
}, 60_000);
