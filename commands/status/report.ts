/** The lines of `npm run status`. */
import { type ReadyReport, ENV } from "../../service/src/contract";
import { textTable } from "../lib/text-table";
import { type Pod } from "./pods";

/** What a running service says of itself; undefined where it could not be asked. */
export interface ServiceState {
  readonly ready: ReadyReport;
  /** Sums of its metrics by name, over all labels; undefined where /metrics did not answer. */
  readonly metrics: ReadonlyMap<string, number> | undefined;
}

export interface PodState {
  readonly pod: Pod;
  readonly service: ServiceState | undefined;
}

/** One pod: what it does, why it was restarted, how busy it is, and what runs in it. */
export function podLines({ pod, service }: PodState, now: Date): string[] {
  const chat = pod.spec.containers.find(({ name }) => name === "chat") ?? pod.spec.containers[0];
  const status = statusOf(pod);
  const rows: [string, string | undefined][] = [
    ["phase", service === undefined ? waitingFor(pod) : phaseWords(service.ready)],
    ["restarts", restartWords(status, now)],
    ["queue", service && (service.metrics === undefined ? NO_METRICS : queueWords(service.metrics))],
    ["speed", service?.metrics && speedWords(service.metrics)],
    ["model", chat?.env.find(({ name }) => name === ENV.modelId)?.value],
    ["image", chat?.image],
    ["digest", /sha256:[0-9a-f]{64}/.exec(status?.imageID ?? "")?.[0]],
    ["node", pod.spec.nodeName],
  ];
  return [
    `${pod.metadata.name}: ${stateOf(pod)}, ${ago(pod.metadata.creationTimestamp, now)} old`,
    ...textTable(
      rows.filter((row): row is [string, string] => row[1] !== undefined),
      ["left", "left"],
    ),
  ];
}

const NO_METRICS = "not shown: /metrics did not answer";

export function isReady(pod: Pod): boolean {
  return statusOf(pod)?.ready === true && pod.metadata.deletionTimestamp === undefined;
}

function statusOf(pod: Pod): Pod["status"]["containerStatuses"][number] | undefined {
  return pod.status.containerStatuses.find(({ name }) => name === "chat") ?? pod.status.containerStatuses[0];
}

function stateOf(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return "ending";
  return isReady(pod) ? "ready" : "not ready";
}

/** What Kubernetes waits for, where there is no service to ask. */
function waitingFor(pod: Pod): string {
  const { waiting } = statusOf(pod)?.state ?? {};
  if (waiting !== undefined) return join(waiting.reason, waiting.message);
  const unscheduled = pod.status.conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled !== undefined) return join(unscheduled.reason, unscheduled.message);
  return join(pod.status.phase, pod.status.reason ?? "the service does not answer");
}

function phaseWords({ phase, progress, downloaded_bytes: done, total_bytes: total, ...report }: ReadyReport): string {
  const share = progress === null || phase === "ready" ? "" : ` ${Math.floor(progress * 100)} %`;
  const size =
    phase === "downloading" && done !== undefined && total !== undefined
      ? ` (${Math.round(done / 1e6)} of ${Math.round(total / 1e6)} MB)`
      : "";
  const error = report.error === null ? "" : `; try ${report.attempt}: ${report.error}`;
  return `${phase}${share}${size}, ${duration(report.elapsed_seconds)} since the start${error}`;
}

function restartWords(status: ReturnType<typeof statusOf>, now: Date): string | undefined {
  if (status === undefined) return undefined;
  const { restartCount, lastState, state } = status;
  const last = lastState.terminated ?? state.terminated;
  if (restartCount === 0 && last === undefined) return "none";
  if (last === undefined) return String(restartCount);
  const when = last.finishedAt === undefined ? "" : `, ${ago(last.finishedAt, now)} ago`;
  const why = `${last.reason ?? "ended"}, exit code ${last.exitCode}${when}`;
  return `${restartCount}, the last: ${why}${last.message ? `: ${last.message.trim()}` : ""}`;
}

/** Before the model is in memory there are no slots. */
function queueWords(metrics: ReadonlyMap<string, number>): string | undefined {
  const value = (name: string) => metrics.get(name) ?? 0;
  if (value("carepath_slots") === 0) return undefined;
  return `${value("carepath_slots_busy")} of ${value("carepath_slots")} slots busy, ${value("carepath_queue_depth")} waiting`;
}

function speedWords(metrics: ReadonlyMap<string, number>): string {
  const pieces = metrics.get("carepath_inter_token_seconds_count") ?? 0;
  const seconds = metrics.get("carepath_inter_token_seconds_sum") ?? 0;
  if (pieces === 0 || seconds === 0) return "no answer yet";
  return `${(pieces / seconds).toFixed(1)} tokens a second, mean of all answers since the start`;
}

/** Sums over the labels of each series in the text format of Prometheus. */
export function metricSums(text: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [, name = "", value = ""] of text.matchAll(/^([a-z_]+)(?:\{[^}]*\})? (\S+)$/gm)) {
    sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}

function join(reason: string | undefined, message: string | undefined): string {
  return [reason, message].filter(Boolean).join(": ");
}

function ago(time: string, now: Date): string {
  return duration((now.getTime() - Date.parse(time)) / 1000);
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
