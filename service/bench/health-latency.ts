import { type Benchmark, freshText } from "./benchmark.js";
import { statusOfChat } from "./http-client.js";
import { ANSWERS, probeUntil, quantiles, withService } from "./service-process.js";

const ANSWER_TOKENS = 96;
const PROMPT_TOKENS = 400;

/**
 * What a probe waits for `/health`, with the process that the Deployment starts: while the model loads, and while every
 * slot reads a prompt and generates. The probing process runs on the same cores, as the kubelet's would.
 */
export const healthLatency: Benchmark = {
  name: "health-latency",
  purpose: `what a probe of /health waits while the model loads, and while ${ANSWERS} answers are generated`,
  run: async ({ modelPath }) =>
    withService(modelPath, async ({ port, loading }) => {
      const answers = Promise.all(Array.from({ length: ANSWERS }, () => answer(port)));
      let done = false;
      void answers.finally(() => (done = true));
      const answering = await probeUntil(port, () => Promise.resolve(done));
      await answers;
      return [...quantiles("loading", loading), ...quantiles("answering", answering)];
    }),
};

async function answer(port: number): Promise<void> {
  const status = await statusOfChat(port, {
    messages: [{ role: "user", content: freshText(PROMPT_TOKENS) }],
    max_tokens: ANSWER_TOKENS,
    temperature: 0,
  });
  if (status !== 200) throw new Error(`an answer failed with ${status}.`);
}
