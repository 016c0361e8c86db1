import { type FastifyInstance } from "fastify";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Admission } from "../../service/src/admission/admission.js";
import { ApiKeys } from "../../service/src/http/api-keys.js";
import { buildApp, type AppSettings } from "../../service/src/http/app.js";
import { type ReadyReport } from "../../service/src/contract.js";
import { type Engine } from "../../service/src/engine/engine.js";
import { type Lifecycle } from "../../service/src/lifecycle/lifecycle.js";
import { createLogger } from "../../service/src/logging.js";
import { createMetrics, observeAdmission, type Metrics } from "../../service/src/metrics.js";

/** A lifecycle that is in whatever phase a test puts it. */
export class FakeLifecycle implements Lifecycle {
  cacheHit: boolean | null = null;
  current: ReadyReport = {
    status: "ready",
    phase: "ready",
    progress: null,
    elapsed_seconds: 3,
    attempt: 1,
    error: null,
    phase_seconds: { loading: 2.5, ready: 9 },
  };
  constructor(public engine: Engine | undefined) {}
  report(): ReadyReport {
    return this.current;
  }
  become(change: Partial<ReadyReport>): void {
    this.current = { ...this.current, ...change };
  }
}

export interface HttpServiceOptions {
  readonly engine: Engine;
  readonly settings?: Partial<AppSettings> & { readonly maxQueue?: number; readonly requestTimeoutSeconds?: number };
  readonly apiKeys?: ApiKeys;
}

export interface HttpService {
  readonly app: FastifyInstance;
  readonly admission: Admission;
  /** How many requests wait and run. */
  readonly occupancy: { readonly waiting: number; readonly running: number };
  readonly lifecycle: FakeLifecycle;
  readonly metrics: Metrics;
  /** Everything logged so far, at the most talkative level. */
  readonly logText: () => string;
  readonly logLines: () => Record<string, unknown>[];
  /** Listens on a free loopback port; returns the origin. */
  readonly listen: () => Promise<string>;
}

const open: FastifyInstance[] = [];

/** The HTTP side as `server.ts` wires it, over any engine. Ended by `closeHttpServices`. */
export async function httpService({ engine, settings = {}, apiKeys }: HttpServiceOptions): Promise<HttpService> {
  const { maxQueue = 4, requestTimeoutSeconds = 60, ...app_ } = settings;
  const destination = new PassThrough();
  const chunks: Buffer[] = [];
  destination.on("data", (chunk: Buffer) => chunks.push(chunk));
  const logText = (): string => Buffer.concat(chunks).toString("utf8");
  const metrics = createMetrics({ processMetrics: false });
  const occupancy = { waiting: 0, running: 0 };
  const observer = observeAdmission(metrics);
  const admission = new Admission({
    maxQueue,
    requestTimeoutSeconds,
    observer: {
      ...observer,
      onOccupancy: (waiting, running) => {
        Object.assign(occupancy, { waiting, running });
        observer.onOccupancy?.(waiting, running);
      },
    },
    random: () => 0.5,
  });
  const lifecycle = new FakeLifecycle(engine);
  const app = await buildApp({
    settings: {
      modelAliases: [],
      maxTokens: 512,
      triage: true,
      heartbeatSeconds: 15,
      engineStallSeconds: 300,
      keepAliveSeconds: 75,
      host: "127.0.0.1",
      allowAnonymous: false,
      metricsCidrs: [],
      ...app_,
    },
    lifecycle,
    admission,
    metrics,
    logger: createLogger({ level: "trace", destination }),
    apiKeys,
  });
  open.push(app);
  return {
    app,
    admission,
    occupancy,
    lifecycle,
    metrics,
    logText,
    logLines: () =>
      logText()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    listen: async () => {
      await app.listen({ host: "127.0.0.1", port: 0 });
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    },
  };
}

export async function closeHttpServices(): Promise<void> {
  for (const app of open.splice(0)) {
    app.server.closeAllConnections();
    await app.close();
  }
  for (const folder of keyFolders.splice(0)) rmSync(folder, { recursive: true });
}

const keyFolders: string[] = [];

/** A file with these keys, as the service reads it. Removed by `closeHttpServices`. */
export function apiKeysOf(...keys: readonly string[]): ApiKeys {
  const folder = mkdtempSync(join(tmpdir(), "carepath-keys-"));
  keyFolders.push(folder);
  const file = join(folder, "keys");
  writeFileSync(file, keys.map((key) => `${key}\n`).join(""));
  return ApiKeys.open({ file, logger: createLogger({ level: "silent" }) });
}

/** Waits for a condition that other code brings about; the limit only ends a test that would hang. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
