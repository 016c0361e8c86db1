import { setTimeout as sleep } from "node:timers/promises";

import { median } from "../benchmark.js";
import { type Server } from "./server.js";

/** Between two measurements: the one server must not see the other as a neighbour on its cores. */
const SETTLE_MILLISECONDS = 1200;

/** What one server gave in the repeats of a case. */
export class Measurements {
  readonly values: number[] = [];
  readonly #processor: number[] = [];

  async take(server: Server, measure: () => Promise<number>): Promise<void> {
    await sleep(SETTLE_MILLISECONDS);
    const before = server.processorSeconds() ?? NaN;
    this.values.push(await measure());
    this.#processor.push((server.processorSeconds() ?? NaN) - before);
  }

  /** Processor seconds of a repeat: neighbours that take the cores hardly change it. */
  get processor(): number {
    return median(this.#processor);
  }
}
