/**
 * Lets all running generations take their steps together, so that llama.cpp batches them, and lets at most one of them
 * read a piece of its prompt in a step, so that reading never holds up the others for longer than that piece takes.
 *
 * A generation joins as a lane and asks for one piece of native work at a time. A step starts when every lane has
 * asked; lanes do nothing between two requests that waits for anything but the processor, so a step never waits for a
 * socket. Without this, two sequences drift out of phase and a long prompt freezes every running answer (measured in
 * docs/engine.md).
 *
 * It knows nothing of llama.cpp.
 */

/**
 * What a lane asks for:
 * - `token`: generate one token; every lane that asks gets it in each step.
 * - `prompt`: read a piece of a prompt; one lane a step, in turn.
 * - `exclusive`: touch the cache of a sequence; alone, in a step of its own.
 */
export type WorkKind = "token" | "prompt" | "exclusive";

export interface Lane {
  /**
   * Runs `work` in one of the next steps.
   *
   * @throws `signal.reason` when aborted before the work has begun; work that has begun is always finished
   */
  run<T>(kind: WorkKind, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Must be called when the generation ends, or all others wait for it for ever. Idempotent. */
  leave(): void;
}

interface Request {
  readonly kind: WorkKind;
  /** Never rejects: the outcome goes to the lane. */
  readonly begin: () => Promise<void>;
  /** Position in the line of those who wait to read. */
  readonly ticket: number;
}

export class StepScheduler {
  readonly #requests = new Map<symbol, Request | undefined>();
  #stepping = false;
  #tickets = 0;

  /** Number of generations under way. */
  get lanes(): number {
    return this.#requests.size;
  }

  join(): Lane {
    const id = Symbol("lane");
    this.#requests.set(id, undefined);
    return {
      run: (kind, work, signal) => this.#request(id, kind, work, signal),
      leave: () => {
        if (this.#requests.delete(id)) this.#stepIfAllAsked();
      },
    };
  }

  #request<T>(id: symbol, kind: WorkKind, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (!this.#requests.has(id)) return Promise.reject(new Error("a lane that has left cannot run work"));
    if (this.#requests.get(id)) return Promise.reject(new Error("a lane can run one piece of work at a time"));
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) {
        reject(reasonOf(signal));
        return;
      }
      const onAbort = (): void => {
        this.#requests.set(id, undefined);
        if (signal) reject(reasonOf(signal));
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const begin = async (): Promise<void> => {
        signal?.removeEventListener("abort", onAbort);
        this.#requests.set(id, undefined);
        // A lane always gets the outcome, and the step never fails with it.
        await (async () => work())().then(resolve, reject);
      };
      this.#requests.set(id, { kind, begin, ticket: this.#tickets++ });
      this.#stepIfAllAsked();
    });
  }

  #stepIfAllAsked(): void {
    if (this.#stepping || this.#requests.size === 0) return;
    const asked: Request[] = [];
    for (const request of this.#requests.values()) {
      if (request === undefined) return;
      asked.push(request);
    }
    this.#stepping = true;
    void Promise.all(choose(asked).map((request) => request.begin())).then(() => {
      this.#stepping = false;
      this.#stepIfAllAsked();
    });
  }
}

function choose(asked: readonly Request[]): Request[] {
  const exclusive = asked.find(({ kind }) => kind === "exclusive");
  if (exclusive) return [exclusive];
  const tokens = asked.filter(({ kind }) => kind === "token");
  const prompts = asked.filter(({ kind }) => kind === "prompt").sort((a, b) => a.ticket - b.ticket);
  return [...tokens, ...prompts.slice(0, 1)];
}

/** A reason may be anything; whoever aborts with a typed error gets that very object back. */
function reasonOf({ reason }: AbortSignal): Error {
  return reason as Error;
}
