/**
 * Turns tokens into text as they come. A character may be spread over several tokens; it is given out when its last
 * byte has arrived, never in halves. What is still incomplete when the answer ends is never given out.
 */

/** Text of some tokens, given the ones before them. Bytes that are no UTF-8 come out as U+FFFD. */
export type Detokenize = (tokens: readonly number[], before: readonly number[]) => string;

const BROKEN = "\uFFFD";
/** Tokens before the present ones that a tokenizer may look at, for its rules about spaces. */
const MOST_BEFORE = 4;
/** A model that only emits broken bytes must not make every further token dearer. */
const MOST_PENDING = 64;

export class TextDecoder {
  readonly #detokenize: Detokenize;
  #before: readonly number[] = [];
  #pending: number[] = [];
  /** How much of the pending tokens' text has been given out. */
  #given = 0;

  constructor(detokenize: Detokenize) {
    this.#detokenize = detokenize;
  }

  /** Tokens of the character that is not complete yet. Empty between characters. */
  get incomplete(): readonly number[] {
    return this.#pending;
  }

  /** Takes one token and returns the text that is complete now, possibly none. */
  push(token: number): string {
    this.#pending.push(token);
    const text = this.#detokenize(this.#pending, this.#before);
    // Only the last character can still change: what follows an incomplete sequence has already settled it.
    const complete = !text.endsWith(BROKEN) || this.#pending.length >= MOST_PENDING;
    const settled = complete ? text : text.slice(0, -BROKEN.length);
    const fresh = settled.slice(this.#given);
    if (complete) this.#commit();
    else this.#given = Math.max(this.#given, settled.length);
    return fresh;
  }

  #commit(): void {
    this.#before = [...this.#before, ...this.#pending].slice(-MOST_BEFORE);
    this.#pending = [];
    this.#given = 0;
  }
}
