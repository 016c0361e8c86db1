import { Counter, Gauge } from "prom-client";
import { type EngineStatus, type StateStatus } from "./engine/engine.js";
import { type Lifecycle } from "./lifecycle/lifecycle.js";
import { type Metrics } from "./metrics.js";

/** Series of the loaded engine, read from it at every scrape; absent while there is none. */
export function registerEngine({ registry }: Pick<Metrics, "registry">, lifecycle: Pick<Lifecycle, "engine">): void {
  const registers = [registry];
  const status = (): EngineStatus | undefined => lifecycle.engine?.status();
  new Gauge({
    name: "carepath_threads",
    help: "Threads that the model runs with, for each kind of work; fewer while neighbours use the cores.",
    labelNames: ["work"],
    registers,
    collect() {
      this.reset();
      for (const [work, threads] of Object.entries(status()?.threads ?? {})) this.set({ work }, threads);
    },
  });
  for (const [name, help, value] of GAUGES) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const states = status()?.states;
        this.reset();
        if (states === undefined) this.remove();
        else this.set(value(states));
      },
    });
  }
  for (const [name, help, value] of COUNTERS) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value(status()?.states ?? NONE));
      },
    });
  }
}

type Series = readonly [name: string, help: string, value: (states: StateStatus) => number];

const GAUGES: readonly Series[] = [
  ["carepath_kept_conversations", "Conversations kept outside of the slots.", ({ states }) => states],
  ["carepath_kept_conversation_bytes", "Bytes of the kept conversations.", ({ bytes }) => bytes],
];
const COUNTERS: readonly Series[] = [
  ["carepath_conversations_restored_total", "Kept conversations put back into a slot.", ({ restored }) => restored],
  ["carepath_conversations_evicted_total", "Kept conversations that made room for others.", ({ evicted }) => evicted],
  ["carepath_conversations_failed_total", "Conversations that could not be kept or read.", ({ failed }) => failed],
];
const NONE: StateStatus = { states: 0, bytes: 0, restored: 0, evicted: 0, failed: 0 };
