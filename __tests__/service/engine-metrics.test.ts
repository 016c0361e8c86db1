import { registerEngine } from "../../service/src/engine-metrics.js";
import { createMetrics } from "../../service/src/metrics.js";
import { FakeEngine } from "../helpers/fake-engine.js";

const scrape = async (engine: FakeEngine | undefined): Promise<string> => {
  const metrics = createMetrics({ processMetrics: false });
  registerEngine(metrics, { engine });
  return metrics.registry.metrics();
};

it("shows the threads of each kind of work", async () => {
  const text = await scrape(new FakeEngine());
  expect(text).toContain('carepath_threads{work="reading"} 2');
  expect(text).toContain('carepath_threads{work="generating"} 1');
});

it("counts kept conversations", async () => {
  const text = await scrape(new FakeEngine());
  expect([...text.matchAll(/^carepath_\w*conversation\w* \d+$/gm)].map(([line]) => line)).toEqual([
    "carepath_kept_conversations 3",
    "carepath_kept_conversation_bytes 1000",
    "carepath_conversations_restored_total 4",
    "carepath_conversations_evicted_total 5",
    "carepath_conversations_failed_total 6",
  ]);
});

it("says nothing while there is no engine", async () => {
  await expect(scrape(undefined)).resolves.not.toMatch(/^carepath_threads\{/m);
});
