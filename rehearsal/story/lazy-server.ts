import { BaseServer, OUT_OF_MEMORY, STOPPED, type SimulatedServerProps } from "./simulated-server";

/**
 * Loads the model when the first question comes, and does nothing else until that question is answered: probes wait in
 * the socket's backlog, and SIGTERM waits too, because its handler needs the event loop.
 */
export class LazyServer extends BaseServer {
  #blockedUntil = 0;
  #loaded = false;
  #terminating = false;

  constructor(props: SimulatedServerProps) {
    super(props);
    this.enter("idle");
  }

  get(_path: string, respond: (status: number) => void): void {
    this.later(this.#blockedFor, () => respond(200));
  }

  canAnswer(): boolean {
    return this.alive && this.#blockedFor === 0;
  }

  protected takeUp(): void {
    const { ordeal, clock } = this.props;
    if (this.#loaded) {
      this.later(this.#blockedFor, () => this.answerAll({ ok: true, detail: "answer" }));
      return;
    }
    this.#loaded = true;
    this.enter("blocked");
    const seconds = "blockedSeconds" in ordeal ? ordeal.blockedSeconds : Infinity;
    this.#blockedUntil = clock.now() + seconds * 1000;
    if ("deathSeconds" in ordeal) this.later(ordeal.deathSeconds, () => this.end(OUT_OF_MEMORY));
    if (seconds === Infinity) return;
    this.later(seconds, () => {
      this.enter("ready");
      this.answerAll({ ok: true, detail: "answer" });
      if (this.#terminating) this.end(STOPPED);
    });
  }

  protected onTerminate(): void {
    this.#terminating = true;
    if (this.#blockedFor === 0) this.end(STOPPED);
  }

  get #blockedFor(): number {
    return Math.max(0, this.#blockedUntil - this.props.clock.now()) / 1000;
  }
}
