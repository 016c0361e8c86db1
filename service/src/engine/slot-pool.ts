import { type Sequence } from "./step.js";
import { chooseSlot } from "./slot-choice.js";

export interface Slot {
  readonly sequence: Sequence;
  /** Another slot that knew more of the prompt when this one was chosen. */
  readonly copyFrom: Sequence | undefined;
  /** Must be called when the generation has ended. Idempotent. */
  release(): void;
}

interface Entry {
  readonly sequence: Sequence;
  busy: boolean;
  lastUsed: number;
}

/** The sequences of the context, each with the keys and values of the last conversation that went through it. */
export class SlotPool {
  readonly #entries: readonly Entry[];
  #uses = 0;

  constructor(size: number) {
    this.#entries = Array.from({ length: size }, (_, id) => ({
      sequence: { id, tokens: [] },
      busy: false,
      lastUsed: 0,
    }));
  }

  get size(): number {
    return this.#entries.length;
  }

  get sequences(): readonly Sequence[] {
    return this.#entries.map(({ sequence }) => sequence);
  }

  /** @returns undefined when all are taken */
  take(prompt: readonly number[]): Slot | undefined {
    const choice = chooseSlot(
      this.#entries.map(({ sequence, busy, lastUsed }) => ({ busy, lastUsed, tokens: sequence.tokens })),
      prompt,
    );
    const entry = choice && this.#entries[choice.slot];
    if (!entry) return undefined;
    entry.busy = true;
    entry.lastUsed = ++this.#uses;
    return {
      sequence: entry.sequence,
      copyFrom: choice.copyFrom === undefined ? undefined : this.#entries[choice.copyFrom]?.sequence,
      release: () => {
        entry.busy = false;
      },
    };
  }
}
