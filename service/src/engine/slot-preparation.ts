import { type NativeContext } from "./binding-internals.js";
import { commonPrefix, LEAST_TOKENS_TO_COPY } from "./slot-choice.js";
import { type Slot } from "./slot-pool.js";
import { type StateStore } from "./state-store.js";
import { type Sequence } from "./step.js";

export type SequenceMemory = Pick<NativeContext, "truncate" | "copy">;

export interface PreparationParts {
  readonly memory: SequenceMemory;
  /** Conversations whose slot was taken over. */
  readonly states?: StateStore | undefined;
}

/**
 * Leaves in the slot what it can keep for this prompt, gets what another slot or a kept state knows better, and erases
 * the rest; a conversation that goes is kept. Must run while no step is under way.
 *
 * @param aligned what is known ends at a multiple of this, so that pieces of this size are cut where they were before
 * @returns the number of prompt tokens that need not be read; at least the last one always must be
 */
export async function prepareSlot(
  { memory, states }: PreparationParts,
  { sequence, copyFrom }: Slot,
  prompt: readonly number[],
  aligned = 1,
): Promise<number> {
  const own = reusable(sequence, prompt);
  if (sequence.tokens.length - own >= LEAST_TOKENS_TO_COPY) await states?.keep(sequence);
  // The other slot may have moved on since it was chosen.
  const copied = copyFrom ? reusable(copyFrom, prompt) : 0;
  const kept = states?.find(prompt);
  if (kept && kept.shared - Math.max(own, copied) >= LEAST_TOKENS_TO_COPY) {
    truncate(memory, sequence, 0);
    await states?.restore(kept.state, sequence);
  }
  if (copyFrom && copied > reusable(sequence, prompt)) await copy(memory, copyFrom, sequence);
  truncate(memory, sequence, Math.floor(reusable(sequence, prompt) / aligned) * aligned);
  return sequence.tokens.length;
}

/** Forgets all but the first tokens of a sequence; all of them where a model cannot be cut back. */
export function truncate(memory: SequenceMemory, sequence: Sequence, length: number): void {
  // An empty one may still hold what a failed step has left in it.
  if (length < sequence.tokens.length || length === 0) sequence.tokens.length = memory.truncate(sequence.id, length);
}

async function copy(memory: SequenceMemory, from: Sequence, to: Sequence): Promise<void> {
  truncate(memory, to, 0);
  if (await memory.copy(from.id, to.id, from.tokens.length)) to.tokens.push(...from.tokens);
  else memory.truncate(to.id, 0);
}

function reusable({ tokens }: Sequence, prompt: readonly number[]): number {
  return Math.min(commonPrefix(tokens, prompt), prompt.length - 1);
}
