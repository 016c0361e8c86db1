import { type Cancel, type Clock } from "./clock";
import { PROBE_KINDS, type ProbeKind, type ProbeSpec } from "./probe-spec";
import { type ObservedContainer, type ProbeAttempt, type ProbeRecord, ProbeWorker } from "./probe-worker";
import { RestartBackOff } from "./restart-back-off";

export interface PodSpec {
  readonly probes: Partial<Readonly<Record<ProbeKind, ProbeSpec>>>;
  readonly terminationGracePeriodSeconds: number;
  /** A preStop hook that sleeps; other hooks are refused where the workload is read. @default 0 */
  readonly preStopSeconds?: number;
}

export interface ContainerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The termination log or the last line of the log; empty where there is neither. */
  readonly message: string;
}

/** What runs the container: a process, or a simulation of one. */
export interface ContainerRuntime {
  /** Starts the container. `onExit` comes once, never before `start` has returned. */
  start(onExit: (exit: ContainerExit) => void): RunningContainer;
}

export interface RunningContainer {
  signal(name: "SIGTERM" | "SIGKILL"): void;
}

export type PodEvent =
  | { readonly type: "container-started"; readonly restarts: number }
  | { readonly type: "probe"; readonly record: ProbeRecord }
  /** The startup probe has succeeded, after this many attempts on this container. */
  | { readonly type: "started"; readonly attempts: number; readonly seconds: number }
  | { readonly type: "endpoints"; readonly member: boolean }
  | { readonly type: "killing"; readonly probe: ProbeKind; readonly reason: string; readonly graceSeconds: number }
  | { readonly type: "signal"; readonly signal: "SIGTERM" | "SIGKILL" }
  /** `cause` is what made the container end: the kubelet (a probe, the deletion) or the process itself. */
  | { readonly type: "exited"; readonly exit: ContainerExit; readonly cause: "probe" | "deletion" | "itself" }
  | { readonly type: "back-off"; readonly seconds: number }
  | { readonly type: "deletion-requested"; readonly graceSeconds: number };

export interface PodProps {
  readonly spec: PodSpec;
  /** Runs probes, delays and back-off. */
  readonly clock: Clock;
  /** Runs grace periods; differs where `--speedup` shortens only the waiting between probes. @default `clock` */
  readonly graceClock?: Clock;
  readonly runtime: ContainerRuntime;
  readonly attempt: ProbeAttempt;
  /** From the begin of the probes to the first container: sandbox, container. @default 0 */
  readonly sandboxSeconds?: number | undefined;
  readonly onEvent: (event: PodEvent) => void;
}

/** What a container gets after SIGTERM when its preStop hook took the whole grace period. */
const MINIMUM_GRACE_SECONDS = 2;

/**
 * A pod of one container on a kubelet: starts it, probes it, kills it when a startup or liveness probe fails, restarts it
 * with back-off, keeps it in or out of the endpoints, and terminates it on request.
 *
 * - A failed startup or liveness probe and a process that exits both lead to a restart; the first at once, later ones
 *   after the back-off. A restart counts when the new container runs.
 * - A kill is preStop, SIGTERM, then SIGKILL when the grace period has passed since the kill began. The probe's own
 *   grace period wins over the pod's. A preStop that eats the whole grace period leaves two seconds after SIGTERM.
 * - The pod is in the endpoints while its container runs, has started and is ready, and no deletion is requested.
 * - Each sync of the pod's status triggers the readiness probe while the container has started and is not ready. Modelled
 *   are the syncs after a changed result of a probe and after the deletion. The sync of every minute or so is left out: it
 *   only moves the phase of a probe that fails anyway.
 *
 * Sources: kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ ("Pod Lifecycle", sections "Container restarts",
 * "Container probes", "Termination of Pods") and, for the probe's own grace period,
 * kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#probe-level-terminationgraceperiodseconds.
 */
export class Pod {
  readonly #workers: Partial<Record<ProbeKind, ProbeWorker>> = {};
  readonly #backOff = new RestartBackOff();
  readonly #graceClock: Clock;
  #container: (ObservedContainer & { readonly process: RunningContainer }) | undefined;
  #ended: "probe" | "deletion" | undefined;
  #deleting = false;
  #stopped = false;
  #member = false;
  #ready = false;
  #startupAttempts = 0;
  #restarts = -1;
  #timers: Cancel[] = [];
  readonly #props: PodProps;

  constructor(props: PodProps) {
    this.#props = props;
    this.#graceClock = props.graceClock ?? props.clock;
    for (const kind of PROBE_KINDS) {
      const spec = props.spec.probes[kind];
      if (spec === undefined) continue;
      this.#workers[kind] = new ProbeWorker({
        kind,
        spec,
        clock: props.clock,
        attempt: props.attempt,
        container: () => this.#container,
        deletionRequested: () => this.#deleting,
        onProbe: (record) => {
          if (kind === "startup") this.#startupAttempts += 1;
          props.onEvent({ type: "probe", record });
        },
        onValue: (value, record) => this.#onValue(value, record),
      });
    }
  }

  get restartCount(): number {
    return Math.max(0, this.#restarts);
  }

  get inEndpoints(): boolean {
    return this.#member;
  }

  /** The kubelet begins to probe a pod before it makes its sandbox, so the tickers run ahead of the first container. */
  start(): void {
    const { sandboxSeconds = 0, clock } = this.#props;
    if (sandboxSeconds > 0) this.#timers.push(clock.after(sandboxSeconds * 1000, () => this.#startContainer()));
    else this.#startContainer();
    for (const worker of Object.values(this.#workers)) worker.start();
  }

  /** Deletes the pod: out of the endpoints, SIGTERM, grace period, SIGKILL; nothing is restarted. */
  requestDeletion(): void {
    if (this.#deleting) return;
    this.#deleting = true;
    const graceSeconds = this.#props.spec.terminationGracePeriodSeconds;
    this.#props.onEvent({ type: "deletion-requested", graceSeconds });
    this.#updateEndpoints();
    this.#syncStatus();
    if (this.#container?.running === true) this.#kill("deletion", graceSeconds);
    else this.stop();
  }

  /** Ends all timers and probes and leaves the container alone: it is not restarted when it ends. */
  stop(): void {
    this.#stopped = true;
    for (const worker of Object.values(this.#workers)) worker.stop();
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
  }

  #startContainer(): void {
    const id = (this.#container?.id ?? 0) + 1;
    this.#ended = undefined;
    this.#ready = false;
    this.#startupAttempts = 0;
    const process = this.#props.runtime.start((exit) => this.#onExit(id, exit));
    const started = this.#props.spec.probes.startup === undefined;
    this.#container = { id, running: true, startedAt: this.#props.clock.now(), started, process };
    this.#restarts += 1;
    this.#props.onEvent({ type: "container-started", restarts: this.#restarts });
    this.#updateEndpoints();
  }

  #onValue(value: "success" | "failure", record: ProbeRecord): void {
    const container = this.#container;
    if (container?.id !== record.containerId || !container.running) return;
    if (record.kind === "readiness") {
      const wasReady = this.#ready;
      this.#ready = value === "success";
      this.#updateEndpoints();
      if (wasReady !== this.#ready) this.#syncStatus();
      return;
    }
    if (value === "failure") {
      this.#killByProbe(record);
      return;
    }
    if (record.kind === "startup" && !container.started) {
      this.#container = { ...container, started: true };
      const seconds = (record.to - container.startedAt) / 1000;
      this.#props.onEvent({ type: "started", attempts: this.#startupAttempts, seconds });
      this.#updateEndpoints();
      this.#syncStatus();
    }
  }

  /** `UpdatePodStatus` of pkg/kubelet/prober/prober_manager.go. */
  #syncStatus(): void {
    const { readiness } = this.#workers;
    if (this.#container?.running === true && this.#container.started && readiness?.value === "failure")
      readiness.trigger();
  }

  #killByProbe(record: ProbeRecord): void {
    const { kind: probe, outcome, threshold } = record;
    if (this.#ended !== undefined || this.#deleting) return;
    const { spec } = this.#props;
    const graceSeconds = spec.probes[probe]?.terminationGracePeriodSeconds ?? spec.terminationGracePeriodSeconds;
    const times = threshold === 1 ? "once" : `${threshold} times in a row`;
    this.#props.onEvent({
      type: "killing",
      probe,
      reason: `${probe} probe failed ${times}: ${outcome.detail}`,
      graceSeconds,
    });
    this.#kill("probe", graceSeconds);
  }

  #kill(cause: "probe" | "deletion", graceSeconds: number): void {
    const container = this.#container;
    if (container === undefined) return;
    const alreadyDying = this.#ended !== undefined;
    this.#ended = cause;
    if (alreadyDying) return;
    const preStop = Math.min(this.#props.spec.preStopSeconds ?? 0, graceSeconds);
    const send = (signal: "SIGTERM" | "SIGKILL") => {
      if (this.#container?.id !== container.id || !this.#container.running) return;
      this.#props.onEvent({ type: "signal", signal });
      container.process.signal(signal);
    };
    const killAfter = preStop === 0 ? graceSeconds : Math.max(graceSeconds, preStop + MINIMUM_GRACE_SECONDS);
    if (preStop === 0) send("SIGTERM");
    else this.#later(preStop, () => send("SIGTERM"));
    this.#later(killAfter, () => send("SIGKILL"));
  }

  #later(seconds: number, callback: () => void): void {
    this.#timers.push(this.#graceClock.after(seconds * 1000, callback));
  }

  #onExit(id: number, exit: ContainerExit): void {
    const container = this.#container;
    if (container?.id !== id || this.#stopped) return;
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
    this.#container = { ...container, running: false, started: false };
    this.#props.onEvent({ type: "exited", exit, cause: this.#ended ?? "itself" });
    this.#updateEndpoints();
    if (this.#deleting) {
      this.stop();
      return;
    }
    const seconds = this.#backOff.terminated(this.#props.clock.now() / 1000);
    if (seconds === 0) {
      this.#startContainer();
      return;
    }
    this.#props.onEvent({ type: "back-off", seconds });
    this.#timers.push(this.#props.clock.after(seconds * 1000, () => this.#startContainer()));
  }

  #updateEndpoints(): void {
    const container = this.#container;
    const ready = this.#workers.readiness === undefined || this.#workers.readiness.value === "success";
    const member = container?.running === true && container.started && ready && !this.#deleting;
    if (member === this.#member) return;
    this.#member = member;
    this.#props.onEvent({ type: "endpoints", member });
  }
}
