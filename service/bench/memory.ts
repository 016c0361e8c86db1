import { readGgufHeader } from "../src/engine/gguf-header.js";
import { memoryNeed } from "../src/memory-need.js";
import { type Benchmark, type Figure, freshText } from "./benchmark.js";
import { readProcess, statusOfChat } from "./http-client.js";
import { withService } from "./service-process.js";

/** The first is the one that the formula was fitted to. */
const SETTINGS = [
  { contextSize: 4096, slots: 2 },
  { contextSize: 2048, slots: 1 },
  { contextSize: 8192, slots: 2 },
];
const MOST_DIFFERENCE_PERCENT = 15;

/** A prompt and an answer of some length in every slot, so that context and compute buffers are touched. */
export const memory: Benchmark = {
  name: "memory",
  purpose: "resident memory of the service after an answer in each slot, beside what src/memory-need.ts computes",
  run: async ({ modelPath }) => {
    const header = await readGgufHeader(modelPath);
    const figures: Figure[] = [];
    for (const setting of SETTINGS) {
      const { expectedMiB } = memoryNeed(header, setting);
      const measure = async ({ port }: { readonly port: number }): Promise<number> => {
        const body = () => ({ messages: [{ role: "user", content: freshText(300) }], max_tokens: 16 });
        await Promise.all(Array.from({ length: setting.slots }, () => statusOfChat(port, body())));
        return (await readProcess(port)).residentMiB;
      };
      const residentMiB = await withService(modelPath, measure, setting);
      const name = `${setting.contextSize} x ${setting.slots}`;
      const difference = Math.abs(residentMiB / expectedMiB - 1) * 100;
      figures.push(
        { name: `${name}, planned`, value: expectedMiB, unit: "MiB" },
        { name: `${name}, measured`, value: residentMiB, unit: "MiB" },
        { name: `${name}, difference`, value: difference, unit: "%", most: MOST_DIFFERENCE_PERCENT },
      );
    }
    return figures;
  },
};
