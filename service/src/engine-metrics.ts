import { type StateStatus } from "./engine/engine.js";
import { type Lifecycle } from "./lifecycle/lifecycle.js";
import { type Metrics } from "./metrics.js";
import { ScrapedSeries } from "./scraped-series.js";

/** Series of the loaded engine; gauges are absent while there is none. */
export function registerEngine({ registry }: Pick<Metrics, "registry">, lifecycle: Pick<Lifecycle, "engine">): void {
  const series = new ScrapedSeries(registry);
  const of = (fact: keyof StateStatus) => () => lifecycle.engine?.status().states?.[fact];
  series.gaugeBy(
    "carepath_threads",
    "Threads that the model runs with, for each kind of work; fewer while neighbours use the cores.",
    "work",
    () => ({ ...lifecycle.engine?.status().threads }),
  );
  series.gauge("carepath_kept_conversations", "Conversations kept outside of the slots.", of("states"));
  series.gauge("carepath_kept_conversation_bytes", "Bytes of the kept conversations.", of("bytes"));
  series.counter("carepath_conversations_restored_total", "Kept conversations put back into a slot.", of("restored"));
  series.counter(
    "carepath_conversations_evicted_total",
    "Kept conversations that made room for others.",
    of("evicted"),
  );
  series.counter("carepath_conversations_failed_total", "Conversations that could not be kept or read.", of("failed"));
}
