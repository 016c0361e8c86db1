/**
 * Hands out turns of the event loop, one piece of work each, in the order in which they were asked for. Work of a few
 * milliseconds that many requests bring at once is then no freeze: a probe is answered between two pieces.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves in a turn that no other caller gets. */
  next(): Promise<unknown> {
    return (this.#last = this.#last.then(() => new Promise((resolve) => setImmediate(resolve))));
  }
}
