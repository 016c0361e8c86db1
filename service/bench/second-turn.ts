import { ask, type Benchmark, freshText, median, withEngine } from "./benchmark.js";

export const secondTurn: Benchmark = {
  name: "second-turn",
  purpose: "time to the first token when the beginning of the prompt is in a slot already",
  run: (context) =>
    withEngine(context, { slots: 2 }, async (engine) => {
      const first: number[] = [];
      const second: number[] = [];
      const copied: number[] = [];
      for (let turn = 0; turn < context.repeats; turn++) {
        const text = freshText(500);
        first.push((await ask(engine, text, 4)).prefillSeconds);
        second.push((await ask(engine, `${text} And then?`, 4)).prefillSeconds);
        // Two at once: the second of them finds its beginning in the slot of the first.
        const both = await Promise.all([ask(engine, `${text} One.`, 4), ask(engine, `${text} Two.`, 4)]);
        copied.push(both[1].prefillSeconds);
      }
      return [
        { name: "first turn", value: median(first), unit: "s" },
        { name: "second turn", value: median(second), unit: "s" },
        { name: "copied from a busy slot", value: median(copied), unit: "s" },
        { name: "speed-up", value: median(first) / median(second), unit: "x" },
      ];
    }),
};
