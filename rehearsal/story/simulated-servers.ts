/**
 * Two servers on a virtual clock, put through the same ordeal: the report's, which loads on the first question and
 * blocks its event loop, and one that behaves as ours promises. `__tests__/rehearsal` holds both models to the real
 * thing: the lazy fixture as a process, and the service in the rehearsal.
 */
import type { Clock } from "../kubelet/clock";
import type { ContainerExit } from "../kubelet/pod";
import { REPORTED_LOAD_SECONDS, type Ordeal } from "./configurations";

export type ClientSees =
  | { readonly ok: true; readonly detail: "answer" }
  | { readonly ok: false; readonly detail: "connection reset" | "deadline error" };

/** A server process that exists only in a simulation. */
export interface SimulatedServer {
  /** Answers a GET with a status when it can; the caller times it out. */
  get(path: string, respond: (status: number) => void): void;
  ask(done: (sees: ClientSees) => void): void;
  /** Whether a question that came now would be taken up. */
  canAnswer(): boolean;
  phase(): string;
  signal(name: "SIGTERM" | "SIGKILL"): void;
}

export interface SimulatedServerProps {
  readonly clock: Clock;
  readonly ordeal: Ordeal;
  readonly onExit: (exit: ContainerExit) => void;
  readonly onPhase: (phase: string) => void;
}

/** The kernel kills a container that is out of memory with SIGKILL; a shell calls that 137. */
const OUT_OF_MEMORY: ContainerExit = { code: null, signal: "SIGKILL", message: "OOMKilled" };
const KILLED: ContainerExit = { code: null, signal: "SIGKILL", message: "" };
const STOPPED: ContainerExit = { code: 0, signal: null, message: "" };

/** What both have: a life that ends once, and questions that break when it ends. */
abstract class Server implements SimulatedServer {
  protected alive = true;
  private readonly waiting = new Set<(sees: ClientSees) => void>();
  private currentPhase = "starting";

  constructor(protected readonly props: SimulatedServerProps) {}

  abstract get(path: string, respond: (status: number) => void): void;
  abstract canAnswer(): boolean;
  protected abstract takeUp(): void;
  protected abstract onTerminate(): void;

  phase(): string {
    return this.currentPhase;
  }

  ask(done: (sees: ClientSees) => void): void {
    if (!this.alive) {
      done({ ok: false, detail: "connection reset" });
      return;
    }
    this.waiting.add(done);
    this.takeUp();
  }

  signal(name: "SIGTERM" | "SIGKILL"): void {
    if (!this.alive) return;
    if (name === "SIGKILL") this.end(KILLED);
    else this.onTerminate();
  }

  protected get busy(): boolean {
    return this.waiting.size > 0;
  }

  protected enter(phase: string): void {
    this.currentPhase = phase;
    this.props.onPhase(phase);
  }

  /** Runs `callback` after `seconds` unless the process has ended by then. */
  protected later(seconds: number, callback: () => void): void {
    this.props.clock.after(seconds * 1000, () => {
      if (this.alive) callback();
    });
  }

  protected answerAll(sees: ClientSees): void {
    for (const done of this.waiting) done(sees);
    this.waiting.clear();
  }

  protected end(exit: ContainerExit): void {
    if (!this.alive) return;
    this.alive = false;
    this.answerAll({ ok: false, detail: "connection reset" });
    this.props.onExit(exit);
  }
}

/**
 * Loads the model when the first question comes, and does nothing else until that question is answered: probes wait in
 * the socket's backlog, and SIGTERM waits too, because its handler needs the event loop.
 */
export class LazyBlockingServer extends Server {
  private blockedUntil = 0;
  private loaded = false;
  private terminating = false;

  constructor(props: SimulatedServerProps) {
    super(props);
    this.enter("idle");
  }

  get(_path: string, respond: (status: number) => void): void {
    this.later(this.blockedFor, () => respond(200));
  }

  canAnswer(): boolean {
    return this.alive && this.blockedFor === 0;
  }

  protected takeUp(): void {
    const { ordeal, clock } = this.props;
    if (this.loaded) {
      this.later(this.blockedFor, () => this.answerAll({ ok: true, detail: "answer" }));
      return;
    }
    this.loaded = true;
    this.enter("blocked");
    const seconds = "blockedSeconds" in ordeal ? ordeal.blockedSeconds : Infinity;
    this.blockedUntil = clock.now() + seconds * 1000;
    if ("deathSeconds" in ordeal) this.later(ordeal.deathSeconds, () => this.end(OUT_OF_MEMORY));
    if (seconds === Infinity) return;
    this.later(seconds, () => {
      this.enter("ready");
      this.answerAll({ ok: true, detail: "answer" });
      if (this.terminating) this.end(STOPPED);
    });
  }

  protected onTerminate(): void {
    this.terminating = true;
    if (this.blockedFor === 0) this.end(STOPPED);
  }

  private get blockedFor(): number {
    return Math.max(0, this.blockedUntil - this.props.clock.now()) / 1000;
  }
}

/** What the model of our service takes from the synthesized workload. */
export interface ServiceLimits {
  /** Deadline of one request, seconds. */
  readonly requestTimeoutSeconds: number;
  /** What running answers get after SIGTERM, seconds. */
  readonly drainSeconds: number;
  readonly slots: number;
  readonly maxQueue: number;
  readonly healthPath: string;
}

/** How many of the held seconds are the load; what is left is the answer. */
export type Split = (heldSeconds: number) => number;

/** The report's own proportions: up to its load time it is load, what is beyond is the first answer. */
export const AS_REPORTED: Split = (heldSeconds) => Math.min(heldSeconds, REPORTED_LOAD_SECONDS);
export const LOAD_ALONE: Split = (heldSeconds) => heldSeconds;
export const ANSWER_ALONE: Split = () => 0;

/**
 * Loads in the background from the start, says 503 on its readiness path until it can answer, keeps answering probes
 * all the time, cuts an answer at its deadline with an error, and drains on SIGTERM.
 */
export class EagerServer extends Server {
  private ready = false;
  private draining = false;
  private running = 0;

  constructor(
    props: SimulatedServerProps,
    private readonly limits: ServiceLimits,
    private readonly split: Split = AS_REPORTED,
  ) {
    super(props);
    this.enter("loading");
    const { ordeal } = props;
    if ("deathSeconds" in ordeal) {
      this.later(ordeal.deathSeconds, () => this.end(OUT_OF_MEMORY));
      return;
    }
    this.later(split(ordeal.blockedSeconds), () => {
      this.ready = true;
      this.enter("ready");
    });
  }

  get(path: string, respond: (status: number) => void): void {
    const ok = path === this.limits.healthPath || (this.ready && !this.draining);
    this.later(0, () => respond(ok ? 200 : 503));
  }

  canAnswer(): boolean {
    const { slots, maxQueue } = this.limits;
    return this.alive && this.ready && !this.draining && this.running < slots + maxQueue;
  }

  protected takeUp(): void {
    const { ordeal } = this.props;
    const blocked = "blockedSeconds" in ordeal ? ordeal.blockedSeconds : 0;
    const answer = blocked - this.split(blocked);
    const { requestTimeoutSeconds } = this.limits;
    const inTime = answer < requestTimeoutSeconds;
    this.running += 1;
    this.later(inTime ? answer : requestTimeoutSeconds, () => {
      this.running -= 1;
      this.answerAll(inTime ? { ok: true, detail: "answer" } : { ok: false, detail: "deadline error" });
      if (this.draining) this.end(STOPPED);
    });
  }

  protected onTerminate(): void {
    this.draining = true;
    this.enter("draining");
    if (!this.busy) this.end(STOPPED);
    else this.later(this.limits.drainSeconds, () => this.end(STOPPED));
  }
}
