import { cpuAllotment } from "../src/engine/cpu-allotment.js";
import { ask, type Benchmark, type Figure, freshText, median, withEngine } from "./benchmark.js";

/** More threads than the allotment cannot be measured here: the engine refuses them. */
export const threads: Benchmark = {
  name: "threads",
  purpose: "speed of reading and generating, by number of threads",
  run: async (context) => {
    const figures: Figure[] = [];
    for (let count = 1; count <= cpuAllotment().threads; count++) {
      const [read, generate] = await withEngine(context, { slots: 1, threads: count }, async (engine) => {
        const reading: number[] = [];
        const generating: number[] = [];
        for (let turn = 0; turn < context.repeats; turn++) {
          const result = await ask(engine, freshText(256), 24);
          reading.push(result.promptTokens / result.prefillSeconds);
          generating.push((result.completionTokens - 1) / result.decodeSeconds);
        }
        return [median(reading), median(generating)];
      });
      figures.push({ name: `read, ${count} threads`, value: read, unit: "tok/s" });
      figures.push({ name: `generate, ${count} threads`, value: generate, unit: "tok/s" });
    }
    return figures;
  },
};
