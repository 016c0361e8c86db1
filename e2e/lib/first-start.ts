import { type Cluster } from "./cluster";
import { STARTUP_FAILURE, type PodWatch } from "./pod-watch";
import { outsideJest, runOrThrow } from "./run";

/** Milestones of a start in seconds since the service listened, first to last. */
export type StartTimeline = readonly { readonly what: string; readonly seconds: number }[];

export interface StartSeen {
  readonly timeline: StartTimeline;
  readonly restarts: number;
}

/** What the kubelet does and tells; the rest is the service's. */
export function isOfKubelet(what: string): boolean {
  return isFailure(what) || ["container started", "started", "in the endpoints"].includes(what);
}

export function startupFailures({ timeline }: StartSeen): number {
  return timeline.filter(({ what }) => isFailure(what)).length;
}

export function isFailure(what: string): boolean {
  return what.startsWith(STARTUP_FAILURE);
}

/**
 * Seconds between a milestone and the same one in the other timeline; NaN when it has none. Of failed probes the nearest
 * counts: the kubelet may leave out its first probe, and then the numbers of all later ones differ.
 */
export function distance({ what, seconds }: StartTimeline[number], other: StartTimeline): number {
  const same = other.filter((each) => (isFailure(what) ? isFailure(each.what) : each.what === what));
  return same.length === 0 ? NaN : Math.min(...same.map((each) => Math.abs(each.seconds - seconds)));
}

/** Seconds from the deletion of the pod. */
export interface Ending {
  /** It left the endpoints. */
  readonly left: number;
  readonly sigterm: number;
  readonly exit: number;
}

/** What the rehearsal of the same synthesized workload shows on this machine. */
export async function rehearsedStart(props: {
  readonly root: string;
  readonly outdir: string;
  readonly model: string;
  readonly mibPerSecond: number;
}): Promise<StartSeen & { readonly ending: Ending }> {
  const flags = ["--synthesized", props.outdir, "--env", "local", "--model", props.model];
  const network = ["--slow-network", String(props.mibPerSecond)];
  const text = await runOrThrow("npm", ["run", "-s", "rehearse", "--", ...flags, ...network, "--json"], {
    cwd: props.root,
    env: outsideJest(),
  });
  const { timeline } = JSON.parse(text) as { timeline: { at: number; event: RehearsedEvent }[] };
  let failures = 0;
  const milestones = timeline.flatMap(({ at, event }) => {
    const what = isFailedStartup(event) ? `${STARTUP_FAILURE}${++failures}` : milestoneOf(event);
    return what === undefined ? [] : [{ what, at: at * 1000 }];
  });
  return {
    timeline: sinceListening(milestones),
    restarts: timeline.filter(({ event }) => event.type === "container-started").length - 1,
    ending: rehearsedEnding(timeline),
  };
}

function rehearsedEnding(timeline: readonly { at: number; event: RehearsedEvent }[]): Ending {
  const deleted = timeline.findIndex(({ event }) => event.type === "deletion-requested");
  const seconds = (matches: (event: RehearsedEvent) => boolean): number =>
    (timeline.slice(deleted).find(({ event }) => matches(event))?.at ?? NaN) - (timeline[deleted]?.at ?? NaN);
  return {
    left: seconds(({ type, member }) => type === "endpoints" && member === false),
    sigterm: seconds(({ type }) => type === "signal"),
    exit: seconds(({ type }) => type === "exited"),
  };
}

/** What the cluster showed: the service's own log for its phases, the API for what the kubelet made of them. */
export async function realStart(cluster: Cluster, watch: PodWatch, namespace: string, pod: string): Promise<StartSeen> {
  const log = await cluster.log(namespace, pod);
  const ofLog = log.flatMap(({ msg, phase, time }) => {
    const what = msg === "listening" ? "listening" : msg === "phase" ? String(phase) : undefined;
    return what === undefined ? [] : [{ what, at: Date.parse(String(time)) }];
  });
  const ofKubelet = watch.of(pod).filter(({ what }) => isOfKubelet(what));
  return {
    timeline: sinceListening([...ofLog, ...ofKubelet].sort((a, b) => a.at - b.at)),
    restarts: watch.of(pod).filter(({ what }) => what.startsWith("restart ")).length,
  };
}

/** Both timelines side by side, for people. */
export function sideBySide(rehearsed: StartSeen, real: StartSeen): string {
  const names = [...new Set([...real.timeline, ...rehearsed.timeline].map(({ what }) => what))];
  const at = ({ timeline }: StartSeen, name: string): string =>
    timeline.find(({ what }) => what === name)?.seconds.toFixed(1) ?? "-";
  const rows = names.map((name) => [name, at(rehearsed, name), at(real, name)]);
  const table = [
    ["s since the service listened", "rehearsal", "kubelet"],
    ...rows,
    ["restarts", String(rehearsed.restarts), String(real.restarts)],
  ];
  return table
    .map(([name = "", a = "", b = ""]) => `  ${name.padEnd(30)}${a.padStart(10)}${b.padStart(10)}\n`)
    .join("");
}

interface RehearsedEvent {
  readonly type: string;
  readonly phase?: string;
  readonly member?: boolean;
  readonly record?: { readonly kind: string; readonly outcome: { readonly result: string } };
}

function isFailedStartup({ type, record }: RehearsedEvent): boolean {
  return type === "probe" && record?.kind === "startup" && record.outcome.result === "failure";
}

function milestoneOf(event: RehearsedEvent): string | undefined {
  if (event.type === "container-started") return "container started";
  if (event.type === "listening" || event.type === "started") return event.type;
  if (event.type === "phase") return event.phase;
  return event.type === "endpoints" && event.member === true ? "in the endpoints" : undefined;
}

/** The first of each, up to the endpoints; what comes afterwards is not part of the start. */
function sinceListening(milestones: readonly { readonly what: string; readonly at: number }[]): StartTimeline {
  const end = milestones.findIndex(({ what }) => what === "in the endpoints");
  const start = milestones.slice(0, end < 0 ? undefined : end + 1);
  const origin = start.find(({ what }) => what === "listening")?.at ?? start[0]?.at ?? 0;
  return start
    .filter(({ what }, index) => start.findIndex((other) => other.what === what) === index)
    .map(({ what, at }) => ({ what, seconds: (at - origin) / 1000 }));
}
