/**
 * How many cores have been idle lately, of those that this process may run on. In a container /proc/stat shows the cores
 * of the whole machine, which is what matters here: neighbours are outside of the container.
 */
import { join } from "node:path";

import { readText, type SystemRoot } from "./cgroup.js";
import { parseCpuList } from "./cpu-list.js";

interface Sample {
  readonly at: number;
  /** Seconds that all allowed cores together have been idle since the machine started. */
  readonly idle: number;
}

/** Idle time is counted in hundredths of a second: shorter windows say little. */
const WINDOW_SECONDS = 0.25;
const TICKS_PER_SECOND = 100;

export interface CoreWatchOptions extends SystemRoot {
  /** Seconds. */
  readonly now: () => number;
}

export class CoreWatch {
  readonly #path: string;
  readonly #allowed: ReadonlySet<number> | undefined;
  readonly #now: () => number;
  #samples: Sample[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor({ root = "/", now }: CoreWatchOptions) {
    this.#path = join(root, "proc/stat");
    const status = readText(join(root, "proc/self/status"));
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status ?? "")?.[1];
    this.#allowed = list === undefined ? undefined : parseCpuList(list);
    this.#now = now;
  }

  /** Keeps the window moving until `stop`, without keeping the process alive. */
  start(): void {
    this.sample();
    this.#timer ??= setInterval(() => this.sample(), WINDOW_SECONDS * 1000).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Looks at the cores now. */
  sample(): void {
    const idle = this.#readIdle();
    if (idle === undefined) return;
    this.#samples = [...this.#samples, { at: this.#now(), idle }].slice(-3);
  }

  /** Idle cores over the last quarter to half of a second; undefined where the system does not say. */
  idleCores(): number | undefined {
    const last = this.#samples.at(-1);
    const first = this.#samples.find(({ at }) => last && at <= last.at - WINDOW_SECONDS * 0.9);
    const from = this.#samples.findLast(({ at }) => last && at <= last.at - WINDOW_SECONDS * 0.9) ?? first;
    if (!last || !from) return undefined;
    return (last.idle - from.idle) / (last.at - from.at);
  }

  #readIdle(): number | undefined {
    let ticks: number | undefined;
    for (const [, core, fields] of (readText(this.#path) ?? "").matchAll(/^cpu(\d+) (.*)$/gm)) {
      if (this.#allowed && !this.#allowed.has(Number(core))) continue;
      // user nice system idle iowait ...
      const [, , , idle, waiting] = (fields ?? "").split(" ").map(Number);
      if (idle === undefined || waiting === undefined) return undefined;
      ticks = (ticks ?? 0) + idle + waiting;
    }
    return ticks === undefined ? undefined : ticks / TICKS_PER_SECOND;
  }
}
