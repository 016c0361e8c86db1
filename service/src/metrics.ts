import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { type AdmissionObserver } from "./admission/admission.js";
import { PHASES } from "./contract.js";
import { type Lifecycle } from "./lifecycle/lifecycle.js";
import { ScrapedSeries } from "./scraped-series.js";

/** CPU bandwidth control as the kernel counts it (cgroup `cpu.stat`). */
export interface CpuThrottling {
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledSeconds: number;
}

export interface MetricsOptions {
  /** Read at every scrape; undefined where the process has no cgroup quota. */
  readonly readThrottling?: () => CpuThrottling | undefined;
  /** Adds CPU, memory, event loop and garbage collection of the process. @default true */
  readonly processMetrics?: boolean;
}

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Every series of `GET /metrics`. Labels come from fixed sets (route patterns, status codes, reasons), never from what a
 * client sent, so neither their number nor their text depends on clients.
 */
export function createMetrics({ readThrottling, processMetrics = true }: MetricsOptions = {}) {
  const registry = new Registry();
  const registers = [registry];
  if (processMetrics) collectDefaultMetrics({ register: registry });
  if (readThrottling !== undefined) registerThrottling(registry, readThrottling);

  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []) =>
    new Histogram({ name, help, buckets, labelNames, registers });

  return {
    registry,
    httpRequests: counter("http_requests_total", "Requests answered.", ["method", "route", "status"]),
    httpDuration: histogram(
      "http_request_duration_seconds",
      "From the arrival of a request to the last byte of its answer.",
      [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
      ["route"],
    ),
    refused: counter("carepath_requests_refused_total", "Requests for an answer that got none, by reason.", ["reason"]),
    queueDepth: gauge("carepath_queue_depth", "Requests that wait for a slot."),
    slotsBusy: gauge("carepath_slots_busy", "Slots that hold a request."),
    queueSeconds: histogram("carepath_queue_wait_seconds", "From admission to a free slot.", WAITS),
    timeToFirstToken: histogram(
      "carepath_time_to_first_token_seconds",
      "From admission to the first piece of the answer.",
      WAITS,
    ),
    interToken: histogram(
      "carepath_inter_token_seconds",
      "Between two pieces of one answer.",
      [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10],
    ),
    slotHoldSeconds: histogram("carepath_slot_hold_seconds", "How long one request held its slot.", WAITS),
    promptTokens: counter("carepath_prompt_tokens_total", "Tokens of the prompts, reused ones included."),
    cachedTokens: counter("carepath_prompt_cached_tokens_total", "Tokens of the prompts that a slot already held."),
    generatedTokens: counter("carepath_generated_tokens_total", "Tokens of the answers, reasoning included."),
    downloadedBytes: counter("carepath_model_download_bytes_total", "Bytes of the model received by this process."),
  };
}

/** Hand this to `new Admission` as its observer. */
export function observeAdmission(metrics: Metrics): AdmissionObserver {
  return {
    onOccupancy: (waiting, running) => {
      metrics.queueDepth.set(waiting);
      metrics.slotsBusy.set(running);
    },
    onSlotFreed: (seconds) => metrics.slotHoldSeconds.observe(seconds),
  };
}

export function registerLifecycle({ registry }: Metrics, lifecycle: Lifecycle): void {
  const series = new ScrapedSeries(registry);
  series.gauge("carepath_slots", "Requests that can be answered at the same time.", () => lifecycle.engine?.slots ?? 0);
  series.gauge("carepath_ready", "1 when the service can answer.", () => Number(lifecycle.report().status === "ready"));
  series.gaugeBy("carepath_phase", "1 for the phase that the service is in.", "phase", () => {
    const { phase: current } = lifecycle.report();
    return Object.fromEntries(PHASES.map((phase) => [phase, Number(phase === current)]));
  });
  series.gaugeBy("carepath_load_phase_seconds", "Seconds spent in each phase of the start.", "phase", () => {
    const spent = Object.entries(lifecycle.report().phase_seconds ?? {});
    return Object.fromEntries(spent.filter(([phase]) => phase !== "ready" && phase !== "draining"));
  });
  series.gauge(
    "carepath_model_cache_hit",
    "1 when the model was already complete in the cache, 0 when it had to be downloaded; absent while unknown.",
    () => (lifecycle.cacheHit === null ? undefined : Number(lifecycle.cacheHit)),
  );
}

function registerThrottling(registry: Registry, read: () => CpuThrottling | undefined): void {
  const series = new ScrapedSeries(registry);
  series.counter("carepath_cpu_periods_total", "CPU quota periods of the cgroup.", () => read()?.periods);
  series.counter(
    "carepath_cpu_throttled_periods_total",
    "Periods in which the CPU quota stopped the process.",
    () => read()?.throttledPeriods,
  );
  series.counter(
    "carepath_cpu_throttled_seconds_total",
    "Seconds that the CPU quota kept the process from running.",
    () => read()?.throttledSeconds,
  );
}

/** Seconds; from a short answer by a small model to the default deadline. */
const WAITS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600];
