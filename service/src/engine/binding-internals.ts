/**
 * The only place that uses what node-llama-cpp does not promise to keep. `__tests__/service/engine/binding-internals.test.ts`
 * holds the pinned version to it and fails when an update changes it.
 */
import { type LlamaContextSequence, type LlamaGrammar, type Token } from "node-llama-cpp";

/** The version that this was written for and is tested with. */
export const TESTED_VERSION = "3.22.1";

interface SequenceInternals {
  readonly _sequenceId: number;
  readonly _context: {
    readonly _ctx: {
      /** @returns position of the last token that was copied */
      copySequenceStateFromOtherSequence(to: number, from: number): Promise<number>;
    };
  };
  _contextTokens: Token[];
  _nextTokenIndex: number;
}

/**
 * Gives `to`, which must be empty, the keys and values of all tokens of `from`: milliseconds instead of the seconds that
 * reading them again would take. The public way leads through a file on disk, which a container may not have; the
 * binding's own wrapper of this call keeps its lock when it fails. No sequence of the context may be decoding.
 *
 * @returns false when it did not work; `to` may then hold anything and must be cleared
 */
export async function copyState(from: LlamaContextSequence, to: LlamaContextSequence): Promise<boolean> {
  // Recurrent and hybrid models keep a state that cannot be cut back to a beginning afterwards.
  if (to.needsCheckpoints) return false;
  const source = from as unknown as SequenceInternals;
  const target = to as unknown as SequenceInternals;
  const tokens = from.contextTokens;
  const last = await target._context._ctx.copySequenceStateFromOtherSequence(target._sequenceId, source._sequenceId);
  target._contextTokens = tokens;
  target._nextTokenIndex = tokens.length;
  return last === tokens.length - 1;
}

/** True when the text is a whole one of the grammar: not merely the beginning of one. */
export function grammarAccepts(grammar: LlamaGrammar, text: string): boolean {
  return (grammar as unknown as { _testText(text: string): boolean })._testText(text);
}
