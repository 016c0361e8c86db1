import { type Clock } from "../kubelet/clock";
import { type ContainerExit } from "../kubelet/pod";
import { type Ordeal } from "./configurations";

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
  signal(name: "SIGTERM" | "SIGKILL"): void;
}

export interface SimulatedServerProps {
  readonly clock: Clock;
  readonly ordeal: Ordeal;
  readonly onExit: (exit: ContainerExit) => void;
  readonly onPhase: (phase: string) => void;
}

/** The kernel kills a container that is out of memory with SIGKILL; a shell calls that 137. */
export const OUT_OF_MEMORY: ContainerExit = { code: null, signal: "SIGKILL", message: "OOMKilled" };
const KILLED: ContainerExit = { code: null, signal: "SIGKILL", message: "" };
export const STOPPED: ContainerExit = { code: 0, signal: null, message: "" };

/**
 * What the simulated servers share: a life that ends once, and questions that break when it ends. `__tests__/rehearsal`
 * holds both servers to the real thing: the lazy one to a process, the eager one to the service in the rehearsal.
 */
export abstract class BaseServer implements SimulatedServer {
  protected alive = true;
  readonly #waiting = new Set<(sees: ClientSees) => void>();

  constructor(protected readonly props: SimulatedServerProps) {}

  abstract get(path: string, respond: (status: number) => void): void;
  abstract canAnswer(): boolean;
  protected abstract takeUp(): void;
  protected abstract onTerminate(): void;

  ask(done: (sees: ClientSees) => void): void {
    if (!this.alive) {
      done({ ok: false, detail: "connection reset" });
      return;
    }
    this.#waiting.add(done);
    this.takeUp();
  }

  signal(name: "SIGTERM" | "SIGKILL"): void {
    if (!this.alive) return;
    if (name === "SIGKILL") this.end(KILLED);
    else this.onTerminate();
  }

  protected get busy(): boolean {
    return this.#waiting.size > 0;
  }

  protected enter(phase: string): void {
    this.props.onPhase(phase);
  }

  /** Runs `callback` after `seconds` unless the process has ended by then. */
  protected later(seconds: number, callback: () => void): void {
    this.props.clock.after(seconds * 1000, () => {
      if (this.alive) callback();
    });
  }

  protected answerAll(sees: ClientSees): void {
    for (const done of this.#waiting) done(sees);
    this.#waiting.clear();
  }

  protected end(exit: ContainerExit): void {
    if (!this.alive) return;
    this.alive = false;
    this.answerAll({ ok: false, detail: "connection reset" });
    this.props.onExit(exit);
  }
}
