import { type Sequence } from "./step.js";
import { type ReadingLane } from "./step-composition.js";

/** One generation. It has one task at a time; between two tasks the others go on without it. */
export interface Lane<Sampler> {
  /** Runs `work` while no step is under way, before the next one. */
  alone<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Reads tokens into the sequence. `onProgress` is called after every piece. */
  read(tokens: readonly number[], signal: AbortSignal, onProgress: () => void): Promise<void>;
  /**
   * Reads `first` and draws tokens until `onToken` returns false. `onToken` runs between two steps of all answers and must
   * be quick. The last token that it got is not read.
   */
  generate(first: number, sampler: Sampler, signal: AbortSignal, onToken: (token: number) => boolean): Promise<void>;
  /** Ends the generation; resolves when no step touches its sequence and sampler any more. Idempotent. */
  leave(): Promise<void>;
}

export interface TaskEnd {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export type Task<Sampler> = TaskEnd &
  (
    | { readonly kind: "alone"; readonly run: () => Promise<void> }
    | { readonly kind: "read"; readonly tokens: readonly number[]; done: number; readonly onProgress: () => void }
    | {
        readonly kind: "generate";
        next: number;
        readonly sampler: Sampler;
        readonly onToken: (token: number) => boolean;
      }
  );

/** A lane as the loop sees it. */
export interface LaneState<Sampler> extends ReadingLane {
  readonly sequence: Sequence;
  task: Task<Sampler> | undefined;
  /** Its answer has had a token. */
  begun: boolean;
}

/** What the lane could take part with in the next step. */
export function toComposable<Sampler>(lane: LaneState<Sampler>) {
  const { task } = lane;
  const position = lane.sequence.tokens.length;
  if (task?.kind === "read") return { lane, kind: "read" as const, tokens: task.tokens, done: task.done, position };
  return { lane, kind: "generate" as const, tokens: task?.kind === "generate" ? [task.next] : [], done: 0, position };
}
