/** Judges the observations: no unordered restart, every question answered, `/health` always there, a clean drain. */
import { windowSeconds } from "./kubelet/probe-spec";
import { type Activity } from "./observer";
import { type Observations } from "./rehearsal";
import { entriesOf, spansOf, type TimelineEvent } from "./timeline";
import { type Workload } from "./workload";

export interface Check {
  readonly name: "restarts" | "answers" | "health" | "endpoints" | "drain";
  readonly ok: boolean;
  /** What was seen, with numbers. */
  readonly detail: string;
}

export interface Verdict {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly restarts: number;
  /** Worst answer of `/health` and of the kubelet's probes, milliseconds; null where none was sent. */
  readonly worstLatencyMs: Readonly<Record<Activity, number | null>>;
  readonly containers: number;
  /** The slowest startup success of all containers (the first is 1); undefined when there was none. */
  readonly startup:
    { readonly seconds: number; readonly budgetSeconds: number; readonly container: number } | undefined;
  /** Why a verdict that is not ok says nothing about the workload; undefined where it does. */
  readonly inconclusive: string | undefined;
}

export interface JudgeProps {
  readonly workload: Workload;
  readonly seen: Observations;
  /** Restarts that the rehearsal ordered by killing the process. */
  readonly orderedRestarts: number;
  /** By how much the windows of the probes were shortened. */
  readonly speedup: number;
}

export function judge(props: JudgeProps): Verdict {
  const checks = [restarts(props), answers(props), health(props), endpoints(props), drain(props)];
  const ok = checks.every((check) => check.ok);
  return {
    ok,
    checks,
    restarts: restartCount(props),
    worstLatencyMs: {
      loading: worst(props.seen, "loading"),
      idle: worst(props.seen, "idle"),
      answering: worst(props.seen, "answering"),
    },
    containers: entriesOf(props.seen.entries, "container-started").length,
    startup: slowestStart(props),
    inconclusive: ok ? undefined : inconclusive(props),
  };
}

function slowestStart({ workload, seen }: JudgeProps): Verdict["startup"] {
  const { startup } = workload.pod.probes;
  if (startup === undefined) return undefined;
  let container = 0;
  let slowest: Verdict["startup"];
  for (const { event } of seen.entries) {
    if (event.type === "container-started") container += 1;
    if (event.type === "started" && event.seconds > (slowest?.seconds ?? -1)) {
      slowest = { seconds: event.seconds, budgetSeconds: windowSeconds(startup), container };
    }
  }
  return slowest;
}

/** The speed-up shortens a probe's window and not the start of the process, so a kill may say nothing about the workload. */
function inconclusive({ workload, seen, speedup }: JudgeProps): string | undefined {
  const kill = entriesOf(seen.entries, "killing")[0]?.event.probe;
  const spec = kill === undefined ? undefined : workload.pod.probes[kill];
  if (speedup === 1 || kill === undefined || spec === undefined) return undefined;
  const window = kill === "startup" ? windowSeconds(spec) : spec.periodSeconds * spec.failureThreshold;
  return (
    `Inconclusive: the ${kill} probe killed the container, and --speedup ${speedup} left it ` +
    `${Number((window / speedup).toFixed(1))} s instead of ${window} s, while the process started no faster. ` +
    `Repeat with a smaller --speedup, or without.`
  );
}

function restartCount({ seen }: JudgeProps): number {
  return Math.max(0, entriesOf(seen.entries, "container-started").length - 1);
}

function restarts(props: JudgeProps): Check {
  const { seen, orderedRestarts } = props;
  const count = restartCount(props);
  if (count === 0 && orderedRestarts === 0) return { name: "restarts", ok: true, detail: "no restart" };
  if (count === orderedRestarts && (orderedRestarts === 0 || seen.killed)) {
    return { name: "restarts", ok: true, detail: `${count} restart, the ordered one` };
  }
  if (orderedRestarts > 0 && !seen.killed) {
    return { name: "restarts", ok: false, detail: "the phase to kill in never came, so the restart was not rehearsed" };
  }
  const reasons = [
    ...entriesOf(seen.entries, "killing").map(({ event }) => event.reason),
    ...entriesOf(seen.entries, "exited")
      .filter(({ event }) => event.cause === "itself" && event.exit.code !== null)
      .map(({ event }) => `exit code ${event.exit.code ?? "none"}: ${event.exit.message}`),
  ];
  const why = [...new Set(reasons)].join("; ") || "the process ended by itself";
  return { name: "restarts", ok: false, detail: `${count} restart${count === 1 ? "" : "s"}: ${why}` };
}

function answers({ seen }: JudgeProps): Check {
  const all = entriesOf(seen.entries, "answer").filter(({ event }) => event.question !== seen.brokenQuestion);
  const bad = all.find(({ event }) => !event.ok);
  if (all.length === 0) return { name: "answers", ok: false, detail: "no question could be asked" };
  if (bad !== undefined)
    return { name: "answers", ok: false, detail: `question ${bad.event.question}: ${bad.event.detail}` };
  const questions = all.length === 1 ? "question" : "questions";
  return { name: "answers", ok: true, detail: `${all.length} of ${all.length} ${questions} answered` };
}

/** `/health` must answer 200 in time in every phase: the pod of the report died because it waited for the load. */
function health({ seen, workload }: JudgeProps): Check {
  const bad = seen.health.filter(({ ok }) => !ok);
  const [first] = bad;
  const path = workload.pod.probes.liveness?.path ?? "/health";
  if (seen.health.length === 0) return { name: "health", ok: false, detail: `${path} never answered` };
  if (first === undefined) return { name: "health", ok: true, detail: `${path} answered ${all(seen.health.length)}` };
  return {
    name: "health",
    ok: false,
    detail: `${path} failed ${bad.length} of ${seen.health.length} request${seen.health.length === 1 ? "" : "s"}, the first while ${first.activity}: ${first.detail}`,
  };
}

function all(requests: number): string {
  return requests === 1 ? "its only request" : `all ${requests} requests`;
}

/**
 * In the endpoints only while `/ready` says so. What counts is a request that was sent while the pod was a member: the
 * kubelet may learn a moment earlier than the observer that the pod is ready.
 */
function endpoints({ seen }: JudgeProps): Check {
  const memberships = spansOf(seen.entries, membership, Infinity);
  for (const { from, to } of memberships) {
    if (seen.notReadyAsked.some((asked) => asked > from && asked < to)) {
      return {
        name: "endpoints",
        ok: false,
        detail: `in the endpoints at ${from.toFixed(1)} s, before it could answer`,
      };
    }
  }
  return memberships.length > 0
    ? { name: "endpoints", ok: true, detail: "never in the endpoints without an answer behind it" }
    : { name: "endpoints", ok: false, detail: "never in the endpoints" };
}

/** In the endpoints until the pod left them or was told to end; undefined where an event says nothing of it. */
function membership(event: TimelineEvent): boolean | undefined {
  switch (event.type) {
    case "endpoints":
      return event.member;
    case "exited":
    case "signal":
    case "deletion-requested":
      return false;
    default:
      return undefined;
  }
}

function drain({ seen }: JudgeProps): Check {
  const fail = (detail: string): Check => ({ name: "drain", ok: false, detail });
  if (seen.drainedQuestion === undefined) return fail("the pod was never ready, so it could not be terminated");
  const answer = entriesOf(seen.entries, "answer").find(({ event }) => event.question === seen.drainedQuestion);
  if (answer?.event.ok !== true)
    return fail(`the answer under way at SIGTERM broke: ${answer?.event.detail ?? "no end"}`);
  if (entriesOf(seen.entries, "signal").at(-1)?.event.signal === "SIGKILL")
    return fail("SIGKILL after the grace period");
  const exited = entriesOf(seen.entries, "exited").at(-1);
  const asked = entriesOf(seen.entries, "deletion-requested")[0];
  if (exited === undefined || asked === undefined || exited.at < asked.at) return fail("it did not exit after SIGTERM");
  const { code, message } = exited.event.exit;
  if (code !== 0) return fail(`exit code ${code ?? "none"} after SIGTERM: ${message}`);
  return {
    name: "drain",
    ok: true,
    detail: `answer finished, exit code 0 after ${(exited.at - asked.at).toFixed(1)} s`,
  };
}

function worst(seen: Observations, activity: Activity): number | null {
  const latencies = [
    ...seen.health.filter((sample) => sample.activity === activity).map(({ milliseconds }) => milliseconds),
    ...seen.probes
      .filter((probe) => probe.activity === activity && probe.record.outcome.detail.startsWith("HTTP"))
      .map(({ record }) => record.to - record.from),
  ];
  return latencies.length === 0 ? null : Math.max(...latencies);
}
