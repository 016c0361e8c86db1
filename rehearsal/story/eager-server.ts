import { DEFAULTS, ENV, PATHS } from "../../service/src/contract";
import { type Workload } from "../workload";
import { REPORTED_LOAD_SECONDS } from "./configurations";
import { BaseServer, OUT_OF_MEMORY, STOPPED, type SimulatedServerProps } from "./simulated-server";

/** What the simulation of our service takes from the synthesized workload. */
export interface ServiceLimits {
  /** Deadline of one request, seconds. */
  readonly requestTimeoutSeconds: number;
  /** What running answers get after SIGTERM, seconds. */
  readonly drainSeconds: number;
  readonly slots: number;
  readonly maxQueue: number;
  readonly healthPath: string;
}

export function serviceLimits({ env }: Workload): ServiceLimits {
  const of = (name: string, fallback: number) => Number(env[name] ?? fallback);
  return {
    requestTimeoutSeconds: of(ENV.requestTimeoutSeconds, DEFAULTS.requestTimeoutSeconds),
    drainSeconds: of(ENV.drainSeconds, DEFAULTS.drainSeconds),
    slots: of(ENV.parallelSlots, DEFAULTS.parallelSlots),
    maxQueue: of(ENV.maxQueue, DEFAULTS.maxQueue),
    healthPath: PATHS.health,
  };
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
export class EagerServer extends BaseServer {
  #ready = false;
  #draining = false;
  #running = 0;

  readonly #limits: ServiceLimits;
  readonly #split: Split;

  constructor(props: SimulatedServerProps, limits: ServiceLimits, split: Split = AS_REPORTED) {
    super(props);
    this.#limits = limits;
    this.#split = split;
    this.enter("loading");
    const { ordeal } = props;
    if ("deathSeconds" in ordeal) {
      this.later(ordeal.deathSeconds, () => this.end(OUT_OF_MEMORY));
      return;
    }
    this.later(split(ordeal.blockedSeconds), () => {
      this.#ready = true;
      this.enter("ready");
    });
  }

  get(path: string, respond: (status: number) => void): void {
    const ok = path === this.#limits.healthPath || (this.#ready && !this.#draining);
    this.later(0, () => respond(ok ? 200 : 503));
  }

  canAnswer(): boolean {
    const { slots, maxQueue } = this.#limits;
    return this.alive && this.#ready && !this.#draining && this.#running < slots + maxQueue;
  }

  protected takeUp(): void {
    const { ordeal } = this.props;
    const blocked = "blockedSeconds" in ordeal ? ordeal.blockedSeconds : 0;
    const answer = blocked - this.#split(blocked);
    const { requestTimeoutSeconds } = this.#limits;
    const inTime = answer < requestTimeoutSeconds;
    this.#running += 1;
    this.later(inTime ? answer : requestTimeoutSeconds, () => {
      this.#running -= 1;
      this.answerAll(inTime ? { ok: true, detail: "answer" } : { ok: false, detail: "deadline error" });
      if (this.#draining) this.end(STOPPED);
    });
  }

  protected onTerminate(): void {
    this.#draining = true;
    this.enter("draining");
    if (!this.busy) this.end(STOPPED);
    else this.later(this.#limits.drainSeconds, () => this.end(STOPPED));
  }
}
