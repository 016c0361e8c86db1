import { type Benchmark, withEngine } from "./benchmark.js";

export const load: Benchmark = {
  name: "load",
  purpose: "seconds from nothing to a warmed-up engine",
  run: async (context) => {
    const started = performance.now();
    return withEngine(context, { slots: 2 }, () =>
      Promise.resolve([{ name: "load and warm-up", value: (performance.now() - started) / 1000, unit: "s" }]),
    );
  },
};
