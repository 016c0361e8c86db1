import { type Benchmark } from "./benchmark.js";
import { statusOfChat } from "./http-client.js";
import { probeUntil, quantiles, statusFigures, withService } from "./service-process.js";

const CLIENTS = 12;
const TEXTS_EACH = 20;
const TEXT_BYTES = 1_000_000;
const MOST_HEALTH_MS = 1000;

/**
 * Clients that send a megabyte of spaces at the same time: tokenising one such text takes seconds, and is done on the
 * event loop. The bounds are tested in `prompt-reader.test.ts`; the time that they mean is measured here.
 */
export const hostileTexts: Benchmark = {
  name: "hostile-texts",
  purpose: `what a probe of /health waits while ${CLIENTS} clients send a megabyte of spaces, ${TEXTS_EACH} times each`,
  run: async ({ modelPath }) =>
    withService(modelPath, async ({ port }) => {
      const statuses: number[] = [];
      const body = { messages: [{ role: "user", content: " ".repeat(TEXT_BYTES) }], max_tokens: 4 };
      const client = async (): Promise<void> => {
        for (let turn = 0; turn < TEXTS_EACH; turn++) statuses.push(await statusOfChat(port, body));
      };
      let done = false;
      const sent = Promise.all(Array.from({ length: CLIENTS }, client)).finally(() => (done = true));
      const waits = await probeUntil(port, () => Promise.resolve(done));
      await sent;
      return [...quantiles("health", waits, MOST_HEALTH_MS), ...statusFigures(statuses)];
    }),
};
