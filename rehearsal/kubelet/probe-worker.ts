import { type Cancel, type Clock } from "./clock";
import { type ProbeKind, type ProbeSpec } from "./probe-spec";

export type ProbeValue = "unknown" | "success" | "failure";

/** The result of one attempt. */
export interface ProbeOutcome {
  /** An `error` counts neither way: the kubelet throws the attempt away. */
  readonly result: "success" | "failure" | "error";
  /** For people: a status, a time-out, an error of the connection. */
  readonly detail: string;
  /** A success that deserves a look, e.g. a redirect to another host. */
  readonly warning?: string;
}

/** Makes one attempt; calls `done` exactly once, within the probe's timeout. */
export type ProbeAttempt = (kind: ProbeKind, spec: ProbeSpec, done: (outcome: ProbeOutcome) => void) => void;

/** The container as the worker finds it each time it wants to probe. */
export interface ObservedContainer {
  /** Different for each container of the pod. */
  readonly id: number;
  readonly running: boolean;
  /** Clock milliseconds. */
  readonly startedAt: number;
  /** The startup probe has succeeded, or there is none. */
  readonly started: boolean;
}

export interface ProbeRecord {
  readonly kind: ProbeKind;
  /** Clock milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly outcome: ProbeOutcome;
  /** Length of the streak of equal results, and the length that counts; both 0 for an attempt thrown away. */
  readonly streak: number;
  readonly threshold: number;
  readonly containerId: number;
}

export interface ProbeWorkerProps {
  readonly kind: ProbeKind;
  readonly spec: ProbeSpec;
  readonly clock: Clock;
  readonly attempt: ProbeAttempt;
  /** Undefined before the first container exists. */
  readonly container: () => ObservedContainer | undefined;
  readonly deletionRequested: () => boolean;
  readonly onProbe: (record: ProbeRecord) => void;
  /** A result has reached its threshold for this container. Called for every result from there on. */
  readonly onValue: (value: "success" | "failure", record: ProbeRecord) => void;
}

/** Value before the first result has come. */
const INITIAL_VALUE: Readonly<Record<ProbeKind, ProbeValue>> = {
  startup: "unknown",
  liveness: "success",
  readiness: "failure",
};

/**
 * One probe's loop, as `pkg/kubelet/prober/worker.go` of Kubernetes runs it.
 *
 * - One worker per probe, for the life of the pod. It probes when its container is there and then on a ticker; the
 *   ticker holds one pending tick, so a probe that outlasts its period is followed at once by the next and further
 *   ticks are lost. A restarted container meets the ticker where it is: it does not restart for the new container.
 * - A trigger from outside is probed at once, and the ticker restarts at that moment.
 * - Skipped, without a result: while whole seconds since the container's start are fewer than `initialDelaySeconds`, where
 *   the start is what the pod's status says, a time in whole seconds; liveness and readiness until the startup probe has
 *   succeeded; the startup probe afterwards.
 * - Results count in runs. The counter is the worker's, not the container's: a run goes on over a container that exited
 *   by itself. It returns to 0 only when the worker's failure kills the container, and the worker is then on hold
 *   until there is a new one.
 * - Deletion of the pod ends liveness and startup probing; readiness goes on.
 *
 * Sources: kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/ ("Configure
 * Liveness, Readiness and Startup Probes") and kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
 * ("Pod Lifecycle", section "Container probes"); the source is that of Kubernetes 1.34. The task page says that the delays of liveness and readiness begin with
 * the startup success; the source counts them from the container's start, and the source is followed here.
 */
export class ProbeWorker {
  #containerId: number | undefined;
  #current: ProbeValue;
  #onHold = false;
  #lastResult: "success" | "failure" | undefined;
  #streak = 0;
  #probing = false;
  #pendingTick = false;
  #pendingTrigger = false;
  #stopped = false;
  #cancelTick: Cancel = () => undefined;
  /** When the last tick was due: Node's timers may fire a moment early, and the delay counts whole seconds. */
  #tickDue = 0;
  readonly #props: ProbeWorkerProps;

  constructor(props: ProbeWorkerProps) {
    this.#props = props;
    this.#current = INITIAL_VALUE[props.kind];
  }

  /** The value in effect for the present container. */
  get value(): ProbeValue {
    return this.#props.container()?.id === this.#containerId ? this.#current : INITIAL_VALUE[this.#props.kind];
  }

  /**
   * Probes, and sets the ticker. The kubelet sleeps a random part of the period first, but only when it has itself
   * started less than a period ago.
   */
  start(): void {
    this.#scheduleTick(this.#props.clock.now());
    this.#probeOnce();
  }

  /** Probes now, or as soon as the attempt under way has ended, and from there on every period. */
  trigger(): void {
    this.#pendingTrigger = true;
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTick();
  }

  get #periodMs(): number {
    return this.#props.spec.periodSeconds * 1000;
  }

  /** Ticks are counted from the first one, so a late timer does not shift those that follow. */
  #scheduleTick(last: number): void {
    const at = last + this.#periodMs;
    this.#cancelTick = this.#props.clock.after(at - this.#props.clock.now(), () => {
      this.#pendingTick = true;
      this.#tickDue = at;
      this.#scheduleTick(at);
      this.#next();
    });
  }

  #next(): void {
    if (this.#probing || this.#stopped || !(this.#pendingTick || this.#pendingTrigger)) return;
    if (this.#pendingTick) this.#pendingTick = false;
    else {
      this.#pendingTrigger = false;
      this.#cancelTick();
      this.#scheduleTick(this.#props.clock.now());
    }
    this.#probeOnce();
  }

  #probeOnce(): void {
    const { kind, spec, clock, attempt } = this.#props;
    const container = this.#props.container();
    if (container === undefined) return;
    if (container.id !== this.#containerId) {
      this.#containerId = container.id;
      this.#current = INITIAL_VALUE[kind];
      this.#onHold = false;
    }
    if (this.#onHold) return;
    if (!container.running) {
      this.#current = "failure";
      return;
    }
    if (this.#props.deletionRequested() && kind !== "readiness") {
      this.#current = "success";
      this.stop();
      return;
    }
    const now = Math.max(clock.now(), this.#tickDue);
    if (Math.floor(now / 1000 - wholeSeconds(container.startedAt)) < spec.initialDelaySeconds) return;
    if (container.started === (kind === "startup")) return;

    this.#probing = true;
    const from = clock.now();
    attempt(kind, spec, (outcome) => {
      this.#probing = false;
      if (this.#stopped) return;
      this.#count(outcome, from, container.id);
      this.#next();
    });
  }

  #count(outcome: ProbeOutcome, from: number, containerId: number): void {
    const { kind, spec, clock } = this.#props;
    const { result } = outcome;
    if (result === "error") {
      this.#props.onProbe({ kind, from, to: clock.now(), outcome, streak: 0, threshold: 0, containerId });
      return;
    }
    this.#streak = this.#lastResult === result ? this.#streak + 1 : 1;
    this.#lastResult = result;
    const threshold = result === "failure" ? spec.failureThreshold : spec.successThreshold;
    const record = { kind, from, to: clock.now(), outcome, streak: this.#streak, threshold, containerId };
    this.#props.onProbe(record);
    if (this.#streak < threshold) return;
    if (this.#containerId === containerId) this.#current = result;
    if (kind !== "readiness" && result === "failure") {
      this.#onHold = true;
      this.#streak = 0;
    }
    this.#props.onValue(result, record);
  }
}

/** The status manager cuts times to whole seconds before anyone reads them. */
function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
