/**
 * Chooses the slot for a prompt, so that as little as possible of it has to be read and as little as possible of what
 * other conversations will want again is thrown away.
 */

export interface SlotState {
  readonly busy: boolean;
  /** Tokens whose keys and values the slot holds, in order. */
  readonly tokens: readonly number[];
  /** Larger is more recent; 0 means never used. */
  readonly lastUsed: number;
}

export interface SlotChoice {
  readonly slot: number;
  /** Another slot that holds more of the prompt: copying its keys and values is far cheaper than reading. */
  readonly copyFrom?: number;
}

/** Below this many tokens neither a copy nor a kept state is worth the memory traffic. */
export const LEAST_TOKENS_TO_COPY = 32;

/**
 * A free slot whose content the prompt continues is taken. Otherwise the least recently used free slot is, and what
 * it lacks is copied from the slot, busy or free, that shares the longest beginning with the prompt.
 *
 * @returns undefined when every slot is busy
 */
export function chooseSlot(slots: readonly SlotState[], prompt: readonly number[]): SlotChoice | undefined {
  const candidates = slots.map((slot, index) => ({ ...slot, index, shared: commonPrefix(slot.tokens, prompt) }));
  const free = candidates.filter(({ busy }) => !busy);
  const continued = free
    .filter(({ tokens, shared }) => shared > 0 && shared * 2 >= tokens.length)
    .reduce<(typeof free)[number] | undefined>(
      (best, next) => (best && best.shared >= next.shared ? best : next),
      undefined,
    );
  const oldest = free.reduce<(typeof free)[number] | undefined>(
    (best, next) => (best && best.lastUsed <= next.lastUsed ? best : next),
    undefined,
  );
  const chosen = continued ?? oldest;
  if (!chosen) return undefined;
  const source = candidates.reduce((best, next) => (next.shared > best.shared ? next : best), chosen);
  return source.shared - chosen.shared >= LEAST_TOKENS_TO_COPY
    ? { slot: chosen.index, copyFrom: source.index }
    : { slot: chosen.index };
}

/** Length of the longest common beginning. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
