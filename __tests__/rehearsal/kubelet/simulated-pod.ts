import { VirtualClock } from "../../../rehearsal/kubelet/clock";
import {
  type ContainerExit,
  type ContainerRuntime,
  Pod,
  type PodEvent,
  type PodSpec,
} from "../../../rehearsal/kubelet/pod";
import { type ProbeKind, type ProbeSpec, probeSpec } from "../../../rehearsal/kubelet/probe-spec";
import { type ProbeOutcome } from "../../../rehearsal/kubelet/probe-worker";

/** Answer of the scripted server to a probe sent at `second` of the present container's life. */
export type Script = (kind: ProbeKind, second: number) => { readonly ok: boolean | "error"; readonly after?: number };

export interface SimulatedPodProps {
  readonly probes: Partial<Record<ProbeKind, Partial<ProbeSpec>>>;
  readonly script?: Script;
  readonly grace?: number;
  readonly preStopSeconds?: number;
  readonly sandboxSeconds?: number;
  readonly clock?: VirtualClock;
  /** Seconds from SIGTERM to exit; undefined ignores SIGTERM. */
  readonly stopSeconds?: number;
}

export interface TimedEvent {
  readonly at: number;
  readonly event: PodEvent;
}

/** A pod on a virtual clock whose only server is a script. */
export class SimulatedPod {
  readonly clock: VirtualClock;
  readonly log: TimedEvent[] = [];
  readonly pod: Pod;
  /** Makes the present container exit by itself. */
  exit: (exit: ContainerExit) => void = () => undefined;
  private containerStart = 0;

  constructor(private readonly props: SimulatedPodProps) {
    this.clock = props.clock ?? new VirtualClock();
    const runtime: ContainerRuntime = {
      start: (onExit) => {
        this.containerStart = this.clock.now();
        let alive = true;
        const exitOnce = (exit: ContainerExit) => {
          if (!alive) return;
          alive = false;
          onExit(exit);
        };
        this.exit = exitOnce;
        return {
          signal: (name) => {
            const seconds = name === "SIGKILL" ? 0 : props.stopSeconds;
            if (seconds === undefined) return;
            const code = name === "SIGKILL" ? null : 0;
            this.clock.after(seconds * 1000, () =>
              exitOnce({ code, signal: name === "SIGKILL" ? name : null, message: "" }),
            );
          },
        };
      },
    };
    const probes: PodSpec["probes"] = Object.fromEntries(
      Object.entries(props.probes).map(([kind, spec]) => [kind, probeSpec(kind as ProbeKind, { path: "/", ...spec })]),
    );
    this.pod = new Pod({
      spec: { probes, terminationGracePeriodSeconds: props.grace ?? 30, preStopSeconds: props.preStopSeconds },
      clock: this.clock,
      sandboxSeconds: props.sandboxSeconds,
      runtime,
      attempt: (kind, spec, done) => this.answer(kind, spec, done),
      onEvent: (event) => this.log.push({ at: this.clock.now() / 1000, event }),
    });
  }

  /** Starts the pod and runs it to `second`. */
  run(second: number): this {
    if (this.log.length === 0) this.pod.start();
    this.clock.runUntil(second * 1000);
    return this;
  }

  /** Seconds at which probes of a kind were sent. */
  sent(kind: ProbeKind): number[] {
    return this.events("probe")
      .filter(({ event }) => event.record.kind === kind)
      .map(({ event }) => event.record.from / 1000);
  }

  events<T extends PodEvent["type"]>(
    type: T,
  ): { readonly at: number; readonly event: Extract<PodEvent, { readonly type: T }> }[] {
    return this.log.filter(({ event }) => event.type === type) as ReturnType<typeof this.events<T>>;
  }

  times(type: PodEvent["type"]): number[] {
    return this.events(type).map(({ at }) => at);
  }

  private answer(kind: ProbeKind, spec: ProbeSpec, done: (outcome: ProbeOutcome) => void): void {
    const second = (this.clock.now() - this.containerStart) / 1000;
    const { ok, after = 0 } = this.props.script?.(kind, second) ?? { ok: true };
    const timedOut = after >= spec.timeoutSeconds;
    const result = ok === "error" ? "error" : ok && !timedOut ? "success" : "failure";
    const detail = timedOut ? `no answer within ${spec.timeoutSeconds} s` : ok === true ? "HTTP 200" : "HTTP 503";
    this.clock.after(Math.min(after, spec.timeoutSeconds) * 1000, () => done({ result, detail }));
  }
}

export const crash: ContainerExit = { code: 1, signal: null, message: "" };
