import { type Benchmark, withEngine } from "./benchmark.js";

export const loadAndMemory: Benchmark = {
  name: "load-and-memory",
  purpose: "seconds from nothing to a warmed-up engine, and the resident memory then",
  run: async (context) => {
    const before = process.memoryUsage.rss();
    const started = performance.now();
    return withEngine(context, { slots: 2 }, (engine) =>
      Promise.resolve([
        { name: "load and warm-up", value: (performance.now() - started) / 1000, unit: "s" },
        { name: "resident memory gained", value: (process.memoryUsage.rss() - before) / 2 ** 20, unit: "MiB" },
        { name: "file", value: engine.model.fileBytes / 2 ** 20, unit: "MiB" },
      ]),
    );
  },
};
