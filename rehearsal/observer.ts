import { setTimeout as sleep } from "node:timers/promises";

import { PATHS, type ReadyReport } from "../service/src/contract";
import { httpProbe } from "./kubelet/http-probe";
import { type Timeline } from "./timeline";

/** What the service was doing when a request was sent. */
export type Activity = "loading" | "idle" | "answering";

export interface HealthSample {
  readonly activity: Activity;
  readonly milliseconds: number;
  readonly ok: boolean;
  /** The status, or what went wrong instead. */
  readonly detail: string;
}

export interface ObserverProps {
  readonly port: number;
  readonly timeline: Timeline;
  /** How long `/health` may take: the liveness probe's time-out. */
  readonly healthTimeoutMs: number;
  readonly onPhase?: (report: ReadyReport) => void;
}

const READY_INTERVAL_MS = 50;
const HEALTH_INTERVAL_MS = 250;
/** Steps of progress that become entries of the timeline. */
const PROGRESS_STEP = 0.25;

/**
 * Watches the service from outside: its phases on `/ready`, and `/health` four times a second in addition to the kubelet's
 * probes, so that a stall between two probes is seen too.
 */
export class Observer {
  readonly health: HealthSample[] = [];
  /** When requests to `/ready` were sent that did not come back as ready; seconds since the beginning. */
  readonly notReadyAsked: number[] = [];
  lastReport: ReadyReport | undefined;
  /** A question is under way. */
  answering = false;
  #containers = 0;
  #listening = false;
  #drained = false;
  #stopped = false;
  #lastKey = "";
  #loops: Promise<void>[] = [];
  readonly #props: ObserverProps;

  constructor(props: ObserverProps) {
    this.#props = props;
  }

  start(): void {
    this.#loops = [this.#watchReady(), this.#watchHealth()];
  }

  /** The port listens, as an answer over HTTP shows; a probe may get the first one. */
  heard(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#props.timeline.add({ type: "listening" });
  }

  /** Forgets the container that ended; the next one is watched in the same way. */
  containerEnded(): void {
    this.#containers += 1;
    this.#listening = false;
    this.lastReport = undefined;
    this.#lastKey = "";
  }

  /** Every answer is finished after SIGTERM: the service closes its port before its process ends. */
  drained(): void {
    this.#drained = true;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }

  get activity(): Activity {
    if (this.answering) return "answering";
    return this.lastReport?.status === "ready" ? "idle" : "loading";
  }

  async #watchReady(): Promise<void> {
    while (!this.#stopped) {
      const asked = this.#props.timeline.now();
      const report = await this.#readReport();
      if (report !== undefined) {
        if (report.status !== "ready") this.notReadyAsked.push(asked);
        this.#note(report);
      }
      await sleep(READY_INTERVAL_MS);
    }
  }

  async #readReport(): Promise<ReadyReport | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#props.port}${PATHS.ready}`, {
        signal: AbortSignal.timeout(this.#props.healthTimeoutMs),
      });
      return (await response.json()) as ReadyReport;
    } catch {
      return undefined;
    }
  }

  #note(report: ReadyReport): void {
    this.heard();
    this.lastReport = report;
    const step = report.progress === null ? 0 : Math.floor(report.progress / PROGRESS_STEP);
    const key = `${report.phase} ${step} ${report.error ?? ""}`;
    if (key !== this.#lastKey) {
      const { phase, progress, error } = report;
      this.#props.timeline.add({ type: "phase", phase, progress, ...(error === null ? {} : { error }) });
      this.#lastKey = key;
    }
    this.#props.onPhase?.(report);
  }

  async #watchHealth(): Promise<void> {
    const { port, healthTimeoutMs: timeoutMs } = this.#props;
    while (!this.#stopped) {
      const { activity } = this;
      const [container, wasListening] = [this.#containers, this.#listening];
      const from = performance.now();
      const { result, detail } = await httpProbe({ host: "127.0.0.1", port, path: PATHS.health, timeoutMs });
      const milliseconds = performance.now() - from;
      await sleep(HEALTH_INTERVAL_MS);
      // A broken connection is no failure of `/health` before the port listens, nor when the service has closed it or the
      // process has ended meanwhile (which is known a moment later).
      const open = wasListening && !this.#drained && container === this.#containers;
      if (open || !detail.startsWith("connection")) {
        this.health.push({ activity, milliseconds, ok: result === "success", detail });
      }
    }
  }
}
