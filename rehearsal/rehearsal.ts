import { setTimeout as sleep } from "node:timers/promises";

import { DEFAULTS, ENV, type ReadyReport } from "../service/src/contract";
import { RealClock } from "./kubelet/clock";
import { httpProbe } from "./kubelet/http-probe";
import { Pod, type PodEvent } from "./kubelet/pod";
import { windowSeconds } from "./kubelet/probe-spec";
import { type ProbeAttempt, type ProbeRecord } from "./kubelet/probe-worker";
import { Observer, type Activity, type HealthSample } from "./observer";
import { type KillPhase } from "./options";
import { type Stage } from "./stage";
import { ask } from "./question";
import { Timeline, type TimelineEntry } from "./timeline";

export interface RehearsalProps {
  readonly stage: Stage;
  readonly speedup: number;
  readonly killDuring: KillPhase | undefined;
  /** Seconds that conditions add to the start; the rehearsal waits that much longer. */
  readonly extraStartSeconds: number;
  readonly onEntry: (entry: TimelineEntry) => void;
}

/** What was seen; `judge` makes the verdict of it. */
export interface Observations {
  readonly entries: readonly TimelineEntry[];
  readonly health: readonly HealthSample[];
  /** When requests to `/ready` were sent that did not come back as ready; seconds since the beginning. */
  readonly notReadyAsked: readonly number[];
  /** Activity when each probe of the kubelet was answered. */
  readonly probes: readonly { readonly record: ProbeRecord; readonly activity: Activity }[];
  /** The question that the rehearsal itself broke by killing the process; undefined when it broke none. */
  readonly brokenQuestion: number | undefined;
  /** The question that ran when the pod was deleted. */
  readonly drainedQuestion: number | undefined;
  /** The rehearsal's own SIGKILL happened. */
  readonly killed: boolean;
  /** Wall-clock seconds in each phase of the last container, as it reported them. */
  readonly phaseSeconds: NonNullable<ReadyReport["phase_seconds"]>;
  readonly seconds: number;
}

/** After so many unordered restarts the verdict is clear. */
const ENOUGH_RESTARTS = 2;
/** How long questions go on so that every probe falls into one, in periods of the slowest probe. */
const ASKING_PERIODS = 2;
/** Enough to watch probes during an answer, and few enough for a busy machine. */
const ANSWER_TOKENS = 256;
const IDLE_SECONDS = 1;
/** 0.2 to 0.4 s were seen on a kubelet 1.34 with containerd. */
const SANDBOX_SECONDS = 0.3;
/** Enough for a request to be accepted on a busy machine. */
const BEFORE_SIGTERM_SECONDS = 0.5;
/** A machine that is busy for a moment does not make it ask without end. */
const MOST_AT_SIGTERM = 16;
const STEP_MS = 10;
const PATIENCE_SECONDS = 30;

export async function rehearse(props: RehearsalProps): Promise<Observations> {
  return new Rehearsal(props).run();
}

/** The course of a rehearsal: start, wait for the endpoints, ask while the probes go on, terminate, watch the drain. */
class Rehearsal {
  readonly #wall = new RealClock();
  readonly #timeline: Timeline;
  readonly #observer: Observer;
  readonly #pod: Pod;
  readonly #probes: { record: ProbeRecord; activity: Activity }[] = [];
  #killed = false;
  #brokenQuestion: number | undefined;
  #questions = 0;
  /** Questions under way. */
  #asked = 0;
  #restarts = 0;
  #exited = false;
  #phaseSeconds: Observations["phaseSeconds"] = {};
  readonly #props: RehearsalProps;

  constructor(props: RehearsalProps) {
    this.#props = props;
    const { stage, speedup } = props;
    this.#timeline = new Timeline(() => this.#wall.now() / 1000, props.onEntry);
    const timeout = (stage.workload.pod.probes.liveness?.timeoutSeconds ?? 1) * 1000;
    this.#observer = new Observer({
      port: stage.port,
      timeline: this.#timeline,
      healthTimeoutMs: timeout,
      onPhase: (report) => this.#onPhase(report),
    });
    const attempt: ProbeAttempt = (_kind, spec, done) => {
      void httpProbe({
        host: "127.0.0.1",
        port: stage.port,
        path: spec.path,
        headers: spec.headers ?? {},
        timeoutMs: spec.timeoutSeconds * 1000,
      }).then(done);
    };
    this.#pod = new Pod({
      spec: stage.workload.pod,
      clock: new RealClock(speedup),
      graceClock: this.#wall,
      runtime: stage.service,
      attempt,
      sandboxSeconds: SANDBOX_SECONDS,
      onEvent: (event) => this.#onPodEvent(event),
    });
  }

  async run(): Promise<Observations> {
    let drainedQuestion: number | undefined;
    try {
      this.#pod.start();
      this.#observer.start();
      if (await this.#untilReady()) {
        await sleep(IDLE_SECONDS * 1000);
        await this.#askThroughProbes();
        if (this.#pod.inEndpoints && !this.#failed) drainedQuestion = await this.#drain();
      }
    } finally {
      this.#pod.stop();
      this.#props.stage.service.crash();
      await this.#observer.stop();
    }
    return {
      entries: this.#timeline.entries,
      health: this.#observer.health,
      notReadyAsked: this.#observer.notReadyAsked,
      probes: this.#probes,
      brokenQuestion: this.#brokenQuestion,
      drainedQuestion,
      killed: this.#killed,
      phaseSeconds: this.#phaseSeconds,
      seconds: this.#wall.now() / 1000,
    };
  }

  /** More restarts than were ordered: the rehearsal has its answer. */
  get #failed(): boolean {
    return this.#restarts - (this.#killed ? 1 : 0) >= ENOUGH_RESTARTS;
  }

  async #untilReady(): Promise<boolean> {
    const { stage, speedup, extraStartSeconds } = this.#props;
    const { startup } = stage.workload.pod.probes;
    const window = startup === undefined ? 0 : windowSeconds(startup) / speedup;
    const patience = ENOUGH_RESTARTS * (window + extraStartSeconds + PATIENCE_SECONDS);
    await this.#until(() => this.#pod.inEndpoints || this.#failed, patience);
    return this.#pod.inEndpoints;
  }

  /** One question after another until a liveness and a readiness probe have each fallen into one. */
  async #askThroughProbes(): Promise<void> {
    const { liveness, readiness } = this.#props.stage.workload.pod.probes;
    const period = Math.max(liveness?.periodSeconds ?? 0, readiness?.periodSeconds ?? 0) / this.#props.speedup;
    const from = this.#wall.now();
    const seen = () =>
      new Set(this.#probes.filter(({ activity }) => activity === "answering").map(({ record }) => record.kind));
    do {
      const failedBefore = this.#restarts;
      await this.#askOnce();
      if (this.#restarts > failedBefore && !(await this.#untilReady())) return;
      if (this.#failed) return;
      if (this.#killed && this.#brokenQuestion === this.#questions) continue;
      if (seen().has("liveness") && seen().has("readiness")) return;
    } while (this.#wall.now() - from < ASKING_PERIODS * period * 1000);
  }

  /** @returns the question that was under way at SIGTERM */
  async #drain(): Promise<number> {
    const { preStopSeconds = 0, terminationGracePeriodSeconds } = this.#props.stage.workload.pod;
    let answered = await this.#askOnce(() => this.#pod.requestDeletion());
    this.#pod.requestDeletion();
    // While the preStop hook waits, requests still come: SIGTERM meets the last of them.
    const untilSigterm = (this.#timeline.of("deletion-requested")[0]?.at ?? 0) + preStopSeconds - this.#timeline.now();
    if (answered && untilSigterm > BEFORE_SIGTERM_SECONDS) {
      await sleep((untilSigterm - BEFORE_SIGTERM_SECONDS) * 1000);
      answered = await this.#askUntilAfterSigterm();
    }
    const sigterm = this.#timeline.of("signal").at(-1);
    if (answered && sigterm !== undefined) {
      this.#observer.drained();
      this.#timeline.add({ type: "drained", seconds: this.#timeline.now() - sigterm.at });
    }
    await this.#until(() => this.#exited, terminationGracePeriodSeconds + PATIENCE_SECONDS);
    return this.#questions;
  }

  /** A tiny model answers in a tenth of a second: several questions, most of which wait in the queue, outlast SIGTERM. */
  async #askUntilAfterSigterm(): Promise<boolean> {
    const { env } = this.#props.stage.workload;
    const slots = Number(env[ENV.parallelSlots] ?? DEFAULTS.parallelSlots);
    const room = slots + Number(env[ENV.maxQueue] ?? DEFAULTS.maxQueue);
    const lastAnswer = this.#timeline.of("answer").at(-1)?.event.seconds ?? 1;
    const questions = Math.min(room, MOST_AT_SIGTERM, Math.ceil((2 * BEFORE_SIGTERM_SECONDS * slots) / lastAnswer));
    const answered = await Promise.all(Array.from({ length: questions }, () => this.#askOnce()));
    return answered.every(Boolean);
  }

  /** @returns whether the answer came to its end */
  async #askOnce(onFirstToken?: () => void): Promise<boolean> {
    const { stage, killDuring } = this.#props;
    const question = ++this.#questions;
    const from = this.#wall.now();
    const seconds = () => (this.#wall.now() - from) / 1000;
    this.#timeline.add({ type: "question", question });
    this.#asked += 1;
    this.#observer.answering = true;
    const result = await ask({
      port: stage.port,
      apiKey: stage.apiKey,
      maxTokens: ANSWER_TOKENS,
      onFirstToken: () => {
        this.#timeline.add({ type: "first-token", question, seconds: seconds() });
        onFirstToken?.();
        if (killDuring === "answer" && !this.#killed) {
          this.#brokenQuestion = question;
          this.#crash("an answer");
        }
      },
    });
    this.#asked -= 1;
    this.#observer.answering = this.#asked > 0;
    this.#timeline.add({ type: "answer", question, ok: result.ok, seconds: seconds(), detail: result.detail });
    // A broken connection is seen before the exit is reported.
    if (!result.ok) await sleep(STEP_MS * 20);
    return result.ok;
  }

  #onPhase(report: ReadyReport): void {
    if (report.phase_seconds !== undefined) this.#phaseSeconds = report.phase_seconds;
    const { killDuring } = this.#props;
    if (this.#killed) return;
    if (killDuring === "download" && report.phase === "downloading" && (report.progress ?? 0) > 0.2) {
      this.#crash("the download");
    }
    if (killDuring === "load" && report.phase === "loading") this.#crash("the load");
  }

  #crash(during: string): void {
    this.#killed = true;
    this.#timeline.add({ type: "condition", detail: `SIGKILL during ${during}, as ordered` });
    this.#props.stage.service.crash();
  }

  #onPodEvent(event: PodEvent): void {
    if (event.type === "container-started") {
      this.#restarts = event.restarts;
      this.#exited = false;
      this.#phaseSeconds = {};
    }
    if (event.type === "exited") {
      this.#exited = true;
      this.#observer.containerEnded();
    }
    if (event.type !== "probe") {
      this.#timeline.add(event);
      return;
    }
    const { record } = event;
    const { speedup } = this.#props;
    if (record.outcome.detail.startsWith("HTTP")) this.#observer.heard();
    const inWallTime = { ...record, from: record.from / speedup, to: record.to / speedup };
    this.#probes.push({ record: inWallTime, activity: this.#observer.activity });
    this.#timeline.add({ type: "probe", record: inWallTime });
  }

  async #until(condition: () => boolean, seconds: number): Promise<void> {
    const end = this.#wall.now() + seconds * 1000;
    while (!condition() && this.#wall.now() < end) await sleep(STEP_MS);
  }
}
