/**
 * How much memory this process may use, and how much a model will need. llama.cpp and its binding look at the memory of
 * the host; in a container the kernel kills the process at the limit of its cgroup, long after loading has begun.
 */
import { totalmem } from "node:os";
import { join } from "node:path";

import { cgroupFolders, readText, type SystemRoot } from "./cgroup.js";

export interface MemoryLimit {
  readonly bytes: number;
  readonly source: string;
}

/** The tightest memory limit of the own group and all that contain it; the memory of the machine where there is none. */
export function memoryLimit({ root = "/" }: SystemRoot = {}): MemoryLimit {
  const machine = Number(/^MemTotal:\s*(\d+) kB/m.exec(readText(join(root, "proc/meminfo")) ?? "")?.[1]) * 1024;
  let tightest: MemoryLimit = { bytes: machine || totalmem(), source: "memory of the machine" };
  for (const { version, folders } of cgroupFolders("memory", { root })) {
    for (const folder of folders) {
      const source = join(folder, version === 2 ? "memory.max" : "memory.limit_in_bytes");
      const bytes = Number(readText(source));
      // "max" (version 2) is no number, and version 1 says "no limit" with one beyond all memory.
      if (bytes > 0 && bytes < tightest.bytes) tightest = { bytes, source };
    }
  }
  return tightest;
}

/** What the estimate needs to know of a model; all of it stands in the GGUF header. */
export interface ModelMemoryFacts {
  readonly fileBytes: number;
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly keyLength: number;
  readonly valueLength: number;
}

/** Node.js, the compute buffers at batches of 128 and the tokenizer; measured, see docs/engine.md. */
const OVERHEAD_BYTES = 0.4 * 1024 ** 3;
/** Keys and values are kept as 16-bit floats. */
const BYTES_PER_VALUE = 2;

/** Resident bytes of the loaded model with its context: the file without mmap, keys and values, and the rest. */
export function memoryNeed(model: ModelMemoryFacts, contextSize: number, slots: number): number {
  const perToken = model.layers * model.keyValueHeads * (model.keyLength + model.valueLength) * BYTES_PER_VALUE;
  return Math.ceil(model.fileBytes + perToken * contextSize * slots + OVERHEAD_BYTES);
}
