import { type Engine } from "../../service/src/engine/engine.js";
import { type EngineOptions, loadEngine } from "../../service/src/engine/load-engine.js";
import { tinyModel, type TinyModel } from "./tiny-model.js";

const logger = { info: () => undefined, warn: () => undefined, debug: () => undefined };

/**
 * llama.cpp with a model of random weights, as tests load it unless they say otherwise. One thread: the machine that runs
 * the tests may be busy, and two threads that wait for each other on one core are slow.
 */
export function tinyEngine(
  { template = "chatml", ...options }: Partial<EngineOptions> & Pick<TinyModel, "template"> = {},
  signal = new AbortController().signal,
): Promise<Engine> {
  const defaults = { modelId: "tiny", contextSize: 1024, slots: 2, threads: 1 };
  const modelPath = options.modelPath ?? tinyModel({ template });
  return loadEngine({ ...defaults, ...options, modelPath }, { signal, logger });
}
