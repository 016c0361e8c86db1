/**
 * How much memory this process may use. llama.cpp and its binding look at the memory of the host; in a container the
 * kernel kills the process at the limit of its cgroup, long after loading has begun.
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
