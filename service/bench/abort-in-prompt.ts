import { ask, type Benchmark, freshText, median, withEngine } from "./benchmark.js";

export const abortInPrompt: Benchmark = {
  name: "abort-in-prompt",
  purpose: "time from an abort while a long prompt is read until the slot is free, and until the next prompt is begun",
  run: (context) =>
    withEngine(context, { slots: 1 }, async (engine) => {
      const free: number[] = [];
      const begun: number[] = [];
      for (let turn = 0; turn < context.repeats; turn++) {
        const controller = new AbortController();
        const reading = ask(engine, freshText(1200), 4, { signal: controller.signal }).catch(() => undefined);
        // Pieces begin small: by now they have the size of a prompt that is read alone.
        await new Promise((resolve) => setTimeout(resolve, 1500 + turn * 300));
        const aborted = performance.now();
        controller.abort();
        await reading;
        free.push(performance.now() - aborted);
        // The step under way ends first.
        await ask(engine, freshText(16), 1, { onPrompt: () => begun.push(performance.now() - aborted) });
      }
      return [
        { name: "slot free", value: median(free) / 1000, unit: "s" },
        { name: "next prompt begun", value: median(begun) / 1000, unit: "s" },
        { name: "next prompt begun, worst", value: Math.max(...begun) / 1000, unit: "s" },
      ];
    }),
};
