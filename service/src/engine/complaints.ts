/** The words of llama.cpp's log for what it refuses: its errors often say no more than "failed". */
import { type LlamaLogLevel } from "node-llama-cpp";

import { errorMessage } from "../error-facts.js";
import { FatalError } from "../fatal-error.js";
import { type EngineLogger } from "./engine.js";

export interface RefusableOptions {
  readonly modelPath: string;
  readonly contextSize: number;
  readonly slots: number;
}

/** Runs a step that llama.cpp may refuse, and says why it did. */
export async function mayRefuse<T>(
  complaints: Complaints,
  { modelPath, contextSize, slots }: RefusableOptions,
  signal: AbortSignal,
  what: string,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const reason = [errorMessage(error), ...complaints.last()].join("; ");
    // llama.cpp has no error codes; this is what its allocators say.
    const memory = /(un|not )able to allocate|failed to allocate|out of memory|bad_alloc/i.test(reason);
    throw new FatalError(
      memory ? "outOfMemory" : "unsupportedModel",
      `llama.cpp could not ${what} of ${modelPath} (${slots} slots of ${contextSize} tokens): ${reason}. ` +
        (memory
          ? "Raise the memory limit or lower CONTEXT_SIZE."
          : "Choose a model that this version of llama.cpp supports."),
      { cause: error },
    );
  }
}

/** Keeps the last warnings of llama.cpp. */
export class Complaints {
  readonly #logger: EngineLogger;
  #lines: string[] = [];

  constructor(logger: EngineLogger) {
    this.#logger = logger;
  }

  add(level: LlamaLogLevel, message: string): void {
    const line = message.trim();
    if (line === "") return;
    this.#lines = [...this.#lines, line].slice(-4);
    this.#logger.debug({ level }, `llama.cpp: ${line}`);
  }

  last(): readonly string[] {
    return this.#lines;
  }
}
