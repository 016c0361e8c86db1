/**
 * Runs all answers in common steps. In one step every running answer gets one token and the prompts that are being read
 * get on by a piece; a step is one call of llama.cpp. Native work cannot be interrupted, so the size of the pieces is what
 * the running answers wait for, and it is chosen for every step (`pace.ts`).
 *
 * It knows nothing of llama.cpp, and it never waits for a socket.
 */
import { type Lane, type LaneState, type Task, type TaskEnd, toComposable } from "./lane.js";
import { type Pace, type PieceToEvaluate, type Sequence } from "./step.js";
import { composeStep, type StepPart } from "./step-composition.js";

export interface StepLoopOptions<Sampler> {
  /** Evaluates one batch; gives the drawn token for each piece with a sampler. */
  readonly evaluate: (
    pieces: readonly PieceToEvaluate<Sampler>[],
    threads: number,
  ) => Promise<readonly (number | undefined)[]>;
  readonly pace: Pace;
  /** Seconds. @default performance.now() / 1000 */
  readonly now?: () => number;
}

export class StepLoop<Sampler> {
  readonly #options: StepLoopOptions<Sampler>;
  readonly #now: () => number;
  readonly #lanes = new Set<LaneState<Sampler>>();
  #turns = 0;
  #running = false;
  /** The step that is under way. */
  #step: Promise<unknown> = Promise.resolve();

  constructor(options: StepLoopOptions<Sampler>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now() / 1000);
  }

  join(sequence: Sequence): Lane<Sampler> {
    const lane: LaneState<Sampler> = { sequence, task: undefined, turn: ++this.#turns, begun: false };
    this.#lanes.add(lane);
    return {
      alone: async <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
        let outcome: T | undefined;
        const run = async (): Promise<void> => {
          outcome = await work();
        };
        await this.#ask(lane, signal, (end) => ({ ...end, kind: "alone", run }));
        return outcome as T;
      },
      read: async (tokens, signal, onProgress) => {
        if (tokens.length === 0) return;
        await this.#ask(lane, signal, (end) => ({ ...end, kind: "read", tokens, done: 0, onProgress }));
      },
      generate: (first, sampler, signal, onToken) =>
        this.#ask(lane, signal, (end) => ({ ...end, kind: "generate", next: first, sampler, onToken })),
      leave: async () => {
        this.#lanes.delete(lane);
        await this.#step;
      },
    };
  }

  /** Resolves when no step is under way. */
  async idle(): Promise<void> {
    await this.#step;
  }

  async #ask(lane: LaneState<Sampler>, signal: AbortSignal, task: (end: TaskEnd) => Task<Sampler>): Promise<void> {
    if (!this.#lanes.has(lane)) throw new Error("a lane that has left cannot run work");
    if (lane.task) throw new Error("a lane can run one piece of work at a time");
    signal.throwIfAborted();
    let onAbort: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        lane.task = task({ resolve, reject });
        onAbort = () => {
          lane.task = undefined;
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", onAbort, { once: true });
        this.#wake();
      });
    } finally {
      if (onAbort) signal.removeEventListener("abort", onAbort);
    }
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    // After the lanes of this turn of the event loop have all asked.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    for (;;) {
      const finished = await (this.#step = this.#oneStep());
      if (finished === undefined) break;
      // Lanes whose task has ended ask for their next one in the meantime.
      if (finished > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#running = false;
  }

  /** @returns how many tasks have ended; undefined when there was nothing to do */
  async #oneStep(): Promise<number | undefined> {
    const lanes = [...this.#lanes].filter(({ task }) => task !== undefined);
    if (lanes.length === 0) return undefined;
    const alone = lanes.find(({ task }) => task?.kind === "alone");
    if (alone?.task?.kind === "alone") {
      const { run } = alone.task;
      await this.#settle(alone, run);
      return 1;
    }
    return await this.#evaluate(lanes);
  }

  async #settle(lane: LaneState<Sampler>, run: () => Promise<void>): Promise<void> {
    const { task } = lane;
    try {
      await run();
      this.#end(lane, task);
    } catch (error) {
      this.#end(lane, task, error);
    }
  }

  async #evaluate(lanes: readonly LaneState<Sampler>[]): Promise<number> {
    const reading = lanes.filter(({ task }) => task?.kind === "read");
    const answers = lanes.length - reading.length;
    // Also those without a task: an answer that begins a tool call waits for its grammar.
    const begun = [...this.#lanes].filter((lane) => lane.begun).length;
    const { threads, ...share } = this.#options.pace.plan({ reading: reading.length, answers, begun });
    const parts = composeStep(lanes.map(toComposable), share);
    const pieces = parts.map(({ lane, tokens }) => ({
      sequence: lane.sequence.id,
      position: lane.sequence.tokens.length,
      tokens,
      sampler: lane.task?.kind === "generate" ? lane.task.sampler : undefined,
    }));
    const tasks = parts.map(({ lane }) => lane.task);
    const started = this.#now();
    let drawn: readonly (number | undefined)[];
    try {
      drawn = await this.#options.evaluate(pieces, threads);
    } catch (error) {
      // Nothing says which part of the batch failed, or what the sequences hold now.
      for (const { lane } of parts) lane.sequence.tokens.length = 0;
      parts.forEach(({ lane }, index) => this.#end(lane, tasks[index], error));
      return parts.length;
    }
    this.#options.pace.observe({
      threads,
      promptTokens: pieces.reduce((sum, { sampler, tokens }) => sum + (sampler === undefined ? tokens.length : 0), 0),
      answers: pieces.filter(({ sampler }) => sampler !== undefined).length,
      seconds: this.#now() - started,
    });
    let finished = 0;
    parts.forEach((part, index) => {
      if (this.#advance(part, tasks[index], drawn[index])) finished++;
    });
    return finished;
  }

  /** Books the outcome of a step for one lane. @returns whether its task has ended */
  #advance(part: StepPart<LaneState<Sampler>>, task: Task<Sampler> | undefined, drawn: number | undefined): boolean {
    const { lane, tokens } = part;
    // Also when the lane has been aborted meanwhile: the sequence holds them.
    lane.sequence.tokens.push(...tokens);
    if (!task || lane.task !== task) return true;
    try {
      if (task.kind === "read") {
        task.done += tokens.length;
        lane.turn = ++this.#turns;
        task.onProgress();
        if (task.done < task.tokens.length) return false;
      } else if (task.kind === "generate" && drawn !== undefined) {
        task.next = drawn;
        lane.begun = true;
        if (task.onToken(drawn)) return false;
      }
      this.#end(lane, task);
    } catch (error) {
      this.#end(lane, task, error);
    }
    return true;
  }

  #end(lane: LaneState<Sampler>, task: Task<Sampler> | undefined, error?: unknown): void {
    if (!task || lane.task !== task) return;
    lane.task = undefined;
    if (error === undefined) task.resolve();
    else task.reject(error);
  }
}
