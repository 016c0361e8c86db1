import { setTimeout as sleep } from "node:timers/promises";

import { type Benchmark, type Figure, median } from "./benchmark.js";
import { readProcess } from "./http-client.js";
import { probeUntil, quantiles, type RunningService, statusFigures, withService } from "./service-process.js";
import { CLIENTS, wrong } from "./soak-traffic.js";

/** Until then the heap, the slots and the caches grow to their size. */
const WARM_UP_MINUTES = 5;
const MOST_GROWTH_PERCENT = 5;
const MOST_LAG_SECONDS = 0.5;
/** Between two requests of a client that was refused, milliseconds. */
const PAUSE = 500;

interface Sample {
  readonly minute: number;
  readonly residentMiB: number;
  readonly lagSeconds: number;
}

/**
 * Mixed traffic for a long time: streams, clients that leave, schemas, triage and requests that are wrong, with a reading of
 * the process every second. Delays of the event loop beyond the bound are printed with the requests that were under way.
 */
export function soak(minutes: number): Benchmark {
  return {
    name: "soak",
    purpose: `growth of the memory and delays of the event loop in ${minutes} minutes of mixed traffic`,
    run: ({ modelPath }) => withService(modelPath, (service) => run(service, minutes)),
  };
}

async function run({ port }: RunningService, minutes: number): Promise<readonly Figure[]> {
  const started = performance.now();
  const minute = (): number => (performance.now() - started) / 60_000;
  const over = (): boolean => minute() >= minutes;
  const outcomes: string[] = [];
  const recent = new RecentRequests();

  const client = async (name: string, request: (turn: number) => readonly [string, () => Promise<string>]) => {
    for (let turn = 0; !over(); turn++) {
      const [what, send] = request(turn);
      const done = recent.begin(what);
      const outcome = await send().catch((error: unknown) => `failed: ${String(error)}`);
      done();
      outcomes.push(`${name} ${outcome}`);
      if (outcome === "429" || name === "wrong") await sleep(PAUSE);
    }
  };
  const clients = Object.entries(CLIENTS).map(([name, send], index) =>
    client(name, (turn) => [name, () => send(port, turn * 10 + index)]),
  );
  clients.push(
    client("wrong", (turn) => {
      const [what, send] = wrong(turn);
      return [what, () => send(port)];
    }),
  );

  const samples: Sample[] = [];
  const watch = async (): Promise<void> => {
    await readProcess(port);
    while (!over()) {
      recent.forget();
      await sleep(1000);
      const reading = { ...(await readProcess(port)), minute: minute() };
      samples.push(reading);
      if (reading.lagSeconds < MOST_LAG_SECONDS) continue;
      console.log(
        `  minute ${reading.minute.toFixed(2)}: delay of ${reading.lagSeconds.toFixed(2)} s with ${recent.names()}`,
      );
    }
  };
  const [waits] = await Promise.all([probeUntil(port, () => Promise.resolve(over())), watch(), ...clients]);
  return [...figuresOf(samples, minutes), ...quantiles("health", waits), ...statusFigures(outcomes, "")];
}

function figuresOf(samples: readonly Sample[], minutes: number): Figure[] {
  const warmUp = Math.min(WARM_UP_MINUTES, minutes / 3);
  const window = (minutes - warmUp) / 5;
  const resident = (from: number): number =>
    median(
      samples.filter(({ minute }) => minute >= from && minute < from + window).map(({ residentMiB }) => residentMiB),
    );
  const [before, after] = [resident(warmUp), resident(minutes - window)];
  const lag = Math.max(...samples.map(({ lagSeconds }) => lagSeconds));
  return [
    { name: `memory after ${warmUp.toFixed(0)} minutes`, value: before, unit: "MiB" },
    { name: "memory at the end", value: after, unit: "MiB" },
    { name: "growth", value: (after / before - 1) * 100, unit: "%", most: MOST_GROWTH_PERCENT },
    { name: "event loop, longest delay", value: lag, unit: "s", most: MOST_LAG_SECONDS },
  ];
}

/** The requests that were under way since the last reading. */
class RecentRequests {
  readonly #running = new Map<symbol, string>();
  #ended: string[] = [];

  begin(what: string): () => void {
    const id = Symbol(what);
    this.#running.set(id, what);
    return () => {
      this.#running.delete(id);
      this.#ended.push(what);
    };
  }

  forget(): void {
    this.#ended = [];
  }

  names(): string {
    return [...this.#ended, ...this.#running.values()].join(", ");
  }
}
