import { ask, type Benchmark, freshText, median, repeat, withEngine } from "./benchmark.js";

export const abortInPrompt: Benchmark = {
  name: "abort-in-prompt",
  purpose: "time from an abort while a long prompt is read until the slot is free",
  run: (context) =>
    withEngine(context, { slots: 1 }, async (engine) => {
      const values = await repeat(context.repeats, async () => {
        const controller = new AbortController();
        const reading = ask(engine, freshText(1200), 4, { signal: controller.signal }).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const aborted = performance.now();
        controller.abort();
        await reading;
        return performance.now() - aborted;
      });
      return [{ name: "abort", value: median(values) / 1000, unit: "s" }];
    }),
};
