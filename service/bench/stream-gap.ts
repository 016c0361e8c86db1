import { ask, type Benchmark, freshText, median, repeat, withEngine } from "./benchmark.js";

const PROMPT_TOKENS = 800;

export const streamGap: Benchmark = {
  name: "stream-gap",
  purpose: `worst gap between two tokens of a running answer while a prompt of ${PROMPT_TOKENS} tokens is read`,
  run: (context) =>
    withEngine(context, { slots: 2 }, async (engine) => {
      const gaps: number[] = [];
      const worst = await repeat(context.repeats, async () => {
        const controller = new AbortController();
        let last = 0;
        let longest = 0;
        let measuring = false;
        const stream = ask(engine, freshText(64), 1500, {
          signal: controller.signal,
          onProgress: () => {
            const now = performance.now();
            if (measuring && last > 0) {
              gaps.push(now - last);
              longest = Math.max(longest, now - last);
            }
            last = now;
          },
        }).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 4000));
        measuring = true;
        await ask(engine, freshText(PROMPT_TOKENS), 1);
        measuring = false;
        controller.abort();
        await stream;
        return longest;
      });
      return [
        { name: "worst gap", value: median(worst) / 1000, unit: "s" },
        { name: "median gap", value: median(gaps) / 1000, unit: "s" },
      ];
    }),
};
