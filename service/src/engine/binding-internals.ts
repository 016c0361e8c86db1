/**
 * The only place that uses what node-llama-cpp does not promise to keep. `__tests__/service/engine/binding-internals.test.ts`
 * holds the pinned version to it and fails when an update changes it.
 */
import { type LlamaContextSequence } from "node-llama-cpp";

/** The version that this was written for and is tested with. */
export const TESTED_VERSION = "3.22.1";

interface SequenceInternals {
  /** Copies all keys and values of another sequence, then erases what comes behind the first `tokens`. */
  _copyStateFromOtherSequence?: (from: LlamaContextSequence, tokens: number) => Promise<boolean>;
}

/**
 * Fills `to` with the keys and values of the first `tokens` tokens of `from`: milliseconds instead of the seconds that
 * reading them again would take. The public way leads through a file on disk, which a container may not have.
 *
 * @returns false when it did not work; `to` must then be cleared
 */
export async function copyBeginning(
  from: LlamaContextSequence,
  to: LlamaContextSequence,
  tokens: number,
): Promise<boolean> {
  const internals = to as unknown as SequenceInternals;
  return (await internals._copyStateFromOtherSequence?.(from, tokens)) ?? false;
}
