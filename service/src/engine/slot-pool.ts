/**
 * The sequences of the context, each with the keys and values of the last conversation that went through it.
 */
import { type LlamaContextSequence, type Token } from "node-llama-cpp";

import { copyState } from "./binding-internals.js";
import { chooseSlot, commonPrefix } from "./slot-choice.js";

export interface Slot {
  readonly sequence: LlamaContextSequence;
  readonly copyFrom: LlamaContextSequence | undefined;
  /** Must be called when the generation has ended. Idempotent. */
  release(): void;
}

interface Entry {
  readonly sequence: LlamaContextSequence;
  busy: boolean;
  lastUsed: number;
}

/**
 * The pieces in which prompts are read, in tokens. Small, because a piece cannot be interrupted: 16 tokens are about
 * half a second of a 3B model on two cores beside a running answer, and reading takes as long as in pieces of 32
 * (docs/engine.md). Pieces end at multiples of this, whatever was cached: the same prompt is always cut in the same places, and its numbers come out
 * the same.
 */
export const PROMPT_PIECE = 16;

export class SlotPool {
  readonly #entries: Entry[];
  #uses = 0;

  constructor(sequences: readonly LlamaContextSequence[]) {
    this.#entries = sequences.map((sequence) => ({ sequence, busy: false, lastUsed: 0 }));
  }

  get size(): number {
    return this.#entries.length;
  }

  /** @returns undefined when all are taken */
  take(prompt: readonly Token[]): Slot | undefined {
    const choice = chooseSlot(
      this.#entries.map(({ sequence, busy, lastUsed }) => ({ busy, lastUsed, tokens: sequence.contextTokens })),
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

/**
 * Leaves in the slot what it can keep for this prompt, copies what another slot knows better, and erases the rest. Must
 * run while no sequence is decoding.
 *
 * @returns the number of prompt tokens that need not be read; at least the last one always must be
 */
export async function prepareSlot({ sequence, copyFrom }: Slot, prompt: readonly Token[]): Promise<number> {
  const reusable = (held: readonly Token[]): number => Math.min(commonPrefix(held, prompt), prompt.length - 1);
  if (copyFrom) {
    const shared = reusable(copyFrom.contextTokens);
    // The other slot may have moved on since it was chosen.
    if (shared > reusable(sequence.contextTokens)) {
      await sequence.clearHistory();
      if (!(await copyState(copyFrom, sequence))) await sequence.clearHistory();
    }
  }
  const keep = alignedDown(reusable(sequence.contextTokens), prompt.length);
  await sequence.adaptStateToTokens(prompt.slice(0, keep), false);
  return sequence.nextTokenIndex;
}

/**
 * Where the whole prompt but a little is known, its last piece is read again as a whole, so that asking the same again
 * takes the same path through the numbers and gives the same answer.
 */
function alignedDown(known: number, promptLength: number): number {
  const lastPiece = Math.floor((promptLength - 1) / PROMPT_PIECE) * PROMPT_PIECE;
  return Math.min(known, lastPiece);
}
