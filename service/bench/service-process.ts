import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { request } from "node:http";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { ENV, PATHS, SERVICE_COMMAND } from "../src/contract.js";
import { type Figure } from "./benchmark.js";

const SERVICE = join(dirname(fileURLToPath(import.meta.url)), "..");
export const HOST = "127.0.0.1";
/** Answers that are generated at once; each has a slot. */
export const ANSWERS = 4;
/** Pause between two probes, milliseconds. */
const PAUSE = 20;

/** The process that the Deployment starts. */
export interface RunningService {
  readonly port: number;
  readonly pid: number;
  /** Milliseconds of every probe of `/health` while the model was loading. */
  readonly loading: readonly number[];
}

export interface ServiceOptions {
  readonly modelPath: string;
  readonly slots: number;
  /** Tokens of each slot. */
  readonly contextSize: number;
  /** @default the cpu allotment */
  readonly threads?: number;
}

/** Starts the service, waits until it is ready, and ends it after the measurement. */
export async function withService<T>(
  modelPath: string,
  measure: (service: RunningService) => Promise<T>,
  options: Omit<ServiceOptions, "modelPath"> = { slots: ANSWERS, contextSize: 1024 },
): Promise<T> {
  build();
  const port = await freePort();
  const service = spawnService(port, { ...options, modelPath });
  try {
    const loading = await probeUntil(port, async () => (await get(port, PATHS.ready)) === 200);
    return await measure({ port, pid: service.pid ?? 0, loading });
  } finally {
    service.kill("SIGTERM");
  }
}

export function build(): void {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", SERVICE], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the service does not compile, so there is nothing to measure: ${stdout}`);
}

/**
 * This service, as the image starts it; `npm run bench` has set what comes from the image itself.
 *
 * @param settings environment variables beside those of the options
 */
export function spawnService(
  port: number,
  { modelPath, slots, contextSize, threads }: ServiceOptions,
  settings: Readonly<Record<string, string>> = {},
): ChildProcess {
  const [command, ...args] = SERVICE_COMMAND;
  const env = {
    ...process.env,
    [ENV.port]: String(port),
    [ENV.host]: HOST,
    [ENV.modelId]: "benchmark",
    [ENV.modelPath]: modelPath,
    [ENV.contextSize]: String(contextSize),
    [ENV.parallelSlots]: String(slots),
    ...(threads !== undefined && { [ENV.threads]: String(threads) }),
    [ENV.requestTimeoutSeconds]: "1800",
    [ENV.logLevel]: "error",
    ...settings,
  };
  return spawn(command, args, { cwd: SERVICE, env, stdio: "inherit" });
}

/** Milliseconds of every probe until `finished`; a probe that fails before the service listens does not count. */
export async function probeUntil(port: number, finished: () => Promise<boolean>): Promise<number[]> {
  const waits: number[] = [];
  for (let probe = 0; ; probe++) {
    const started = performance.now();
    const status = await get(port, PATHS.health);
    if (status === 200) waits.push(performance.now() - started);
    else if (waits.length > 0) throw new Error(`/health answered ${status}, and it must always answer 200.`);
    if (probe % 10 === 0 && (await finished())) return waits;
    await sleep(PAUSE);
  }
}

/** Status of one GET over a new connection, as the kubelet does it; 0 without an answer. */
export function get(port: number, path: string): Promise<number> {
  return new Promise((resolve) => {
    request({ host: HOST, port, path, agent: false }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    })
      .on("error", () => resolve(0))
      .end();
  });
}

/** @param most milliseconds that the longest wait is promised not to exceed */
export function quantiles(phase: string, waits: readonly number[], most?: number): Figure[] {
  const sorted = [...waits].sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return [
    { name: `${phase}, probes`, value: sorted.length, unit: "" },
    { name: `${phase}, p50`, value: quantile(0.5), unit: "ms" },
    { name: `${phase}, p99`, value: quantile(0.99), unit: "ms" },
    { name: `${phase}, max`, value: quantile(1), unit: "ms", ...(most !== undefined && { most }) },
  ];
}

/** How often each status was answered. */
export function statusFigures(statuses: readonly (number | string)[], of = "answered"): Figure[] {
  return [...new Set(statuses)].sort().map((status) => ({
    name: `${of} ${status}`,
    value: statuses.filter((other) => other === status).length,
    unit: "",
  }));
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, HOST, () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error("the system gave no free port."));
      });
    });
  });
}
