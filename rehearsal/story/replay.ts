/**
 * One replay: a pod with given probes, a simulated server, and a client who asks one question and waits without a limit.
 *
 * The kill depends on where the question falls between two liveness probes, so a cell of the table is the outcome of
 * the question asked at each second of a liveness period, not of one lucky moment.
 */
import { VirtualClock } from "../kubelet/clock";
import { Pod, type PodEvent, type PodSpec } from "../kubelet/pod";
import { type ProbeAttempt } from "../kubelet/probe-worker";
import { entriesOf, Timeline, type TimelineEntry } from "../timeline";
import { type Ordeal } from "./configurations";
import { type ClientSees, type SimulatedServer, type SimulatedServerProps } from "./simulated-server";

export interface ReplayProps {
  readonly pod: PodSpec;
  readonly ordeal: Ordeal;
  readonly server: (props: SimulatedServerProps) => SimulatedServer;
  /** Second of the pod's life at which the client asks; it waits longer when the pod is not in the endpoints yet. */
  readonly askAt: number;
  /** Whether a restarted container goes through the ordeal again, as every start does whose load is slow. @default false */
  readonly everyStart?: boolean;
}

export interface ReplayResult {
  readonly restarts: number;
  /** Why the first container ended before its time; undefined when none did. */
  readonly reason: "liveness probe" | "startup probe" | "out of memory" | undefined;
  /** Seconds from the beginning of the ordeal to SIGTERM, and to the end of the process. */
  readonly killDecidedAfter: number | undefined;
  readonly endedAfter: number | undefined;
  /** What the client saw, and after how many seconds; undefined when the client could never ask. */
  readonly client: (ClientSees & { readonly seconds: number }) | undefined;
  /** Seconds in which the endpoints held a pod that could not take up a question. */
  readonly deadEndpointSeconds: number;
  readonly entries: readonly TimelineEntry[];
}

/** Time after the ordeal in which a late kill or restart would still be seen. */
const AFTERMATH_SECONDS = 120;
const STEP_SECONDS = 1;

export function replay(props: ReplayProps): ReplayResult {
  const clock = new VirtualClock();
  const timeline = new Timeline(() => clock.now() / 1000);
  let server: SimulatedServer | undefined;
  const attempt: ProbeAttempt = (_kind, spec, done) => {
    let open = true;
    const finish = (result: "success" | "failure", detail: string) => {
      if (!open) return;
      open = false;
      cancel();
      done({ result, detail });
    };
    const cancel = clock.after(spec.timeoutSeconds * 1000, () =>
      finish("failure", `no answer within ${spec.timeoutSeconds} s`),
    );
    server?.get(spec.path, (status) => finish(status < 400 ? "success" : "failure", `HTTP ${status}`));
  };
  const pod = new Pod({
    spec: props.pod,
    clock,
    attempt,
    runtime: {
      start: (onExit) => {
        const started = props.server({
          clock,
          // The first question is asked once: a restarted container waits for another one.
          ordeal: server === undefined || props.everyStart === true ? props.ordeal : { blockedSeconds: 0 },
          onExit,
          onPhase: (phase) => timeline.add({ type: "phase", phase, progress: null }),
        });
        server = started;
        return { signal: (name) => started.signal(name) };
      },
    },
    onEvent: (event: PodEvent) => timeline.add(event),
  });
  pod.start();

  const ordealSeconds = "blockedSeconds" in props.ordeal ? props.ordeal.blockedSeconds : props.ordeal.deathSeconds;
  let asked: number | undefined;
  let client: ReplayResult["client"];
  let dead = 0;
  const horizon = props.askAt + 2 * ordealSeconds + AFTERMATH_SECONDS;
  for (let second = 0; second < horizon; second += STEP_SECONDS) {
    clock.runUntil(second * 1000);
    if (asked === undefined && second >= props.askAt && pod.inEndpoints && server !== undefined) {
      const from = second;
      asked = from;
      timeline.add({ type: "question", question: 1 });
      server.ask((sees) => {
        const seconds = clock.now() / 1000 - from;
        client = { ...sees, seconds };
        timeline.add({ type: "answer", question: 1, ok: sees.ok, seconds, detail: sees.detail });
      });
    }
    if (pod.inEndpoints && server?.canAnswer() !== true) dead += STEP_SECONDS;
    if (client !== undefined && second > (asked ?? 0) + client.seconds + AFTERMATH_SECONDS) break;
  }
  pod.stop();
  return { ...summary(timeline.entries, asked), client, deadEndpointSeconds: dead };
}

function summary(entries: readonly TimelineEntry[], asked: number | undefined) {
  const [killing] = entriesOf(entries, "killing");
  const [exited] = entriesOf(entries, "exited");
  const start = asked !== undefined && exited !== undefined && exited.at < asked ? 0 : (asked ?? 0);
  const reason: ReplayResult["reason"] =
    killing !== undefined
      ? killing.event.probe === "startup"
        ? "startup probe"
        : "liveness probe"
      : exited === undefined
        ? undefined
        : "out of memory";
  return {
    entries,
    restarts: Math.max(0, entriesOf(entries, "container-started").length - 1),
    reason,
    killDecidedAfter: killing === undefined ? undefined : killing.at - start,
    endedAfter: exited === undefined ? undefined : exited.at - start,
  };
}
