import { errorMessage } from "../error-facts.js";
import { type EngineLogger, type StateStatus } from "./engine.js";
import { commonPrefix } from "./slot-choice.js";
import { type Sequence } from "./step.js";

/** The state of a sequence (its keys and values) outside of the context. */
export interface StoredState {
  readonly file: string;
  readonly tokens: readonly number[];
  readonly bytes: number;
}

/** Where states are; the store decides which. */
export interface StateFiles {
  /** @throws Error when there is no room, for instance */
  save(sequence: Sequence): Promise<StoredState>;
  /**
   * Puts a state into a sequence.
   *
   * @returns the tokens that the sequence holds now
   * @throws Error when the file is gone or is not what it should be; the sequence may then hold anything
   */
  load(file: string, sequence: number): Promise<readonly number[]>;
  /** Notes for the next process that the state was used now. */
  touch(file: string): Promise<void>;
  remove(file: string): Promise<void>;
  /** Removes all of them. */
  clear(): Promise<void>;
}

export interface StateStoreOptions {
  readonly mostBytes: number;
  /** Bytes of a state for each of its tokens, for room to be made beforehand. */
  readonly bytesPerToken: number;
  readonly files: StateFiles;
  readonly logger: EngineLogger;
  /** States of an earlier process, least recently used first. */
  readonly found?: readonly StoredState[];
  /** Whether the next process finds the states. @default false */
  readonly outlivesProcess?: boolean;
}

export interface Match {
  readonly state: StoredState;
  /** Tokens at the beginning of the prompt that the state holds. */
  readonly shared: number;
}

/**
 * Remembers conversations whose slot was taken over. Bounded in bytes: the least recently used state makes room, pinned
 * ones never do. Nothing here may run while a step is under way, and nothing here fails a request.
 */
export class StateStore {
  readonly #options: StateStoreOptions;
  /** Least recently used first. */
  #states: StoredState[];
  readonly #pinned = new Set<StoredState>();
  #restored = 0;
  #evicted = 0;
  #failed = 0;

  constructor(options: StateStoreOptions) {
    this.#options = options;
    this.#states = [...(options.found ?? [])];
  }

  status(): StateStatus {
    return {
      states: this.#states.length,
      bytes: this.#bytes(),
      restored: this.#restored,
      evicted: this.#evicted,
      failed: this.#failed,
    };
  }

  /** The state that knows most of the beginning of a prompt. */
  find(prompt: readonly number[]): Match | undefined {
    let best: Match | undefined;
    for (const state of this.#states) {
      const shared = commonPrefix(state.tokens, prompt);
      if (shared > 0 && shared >= (best?.shared ?? 0)) best = { state, shared };
    }
    return best;
  }

  /**
   * Keeps the state of a sequence. A state that is the beginning of this one is dropped: its conversation has gone on.
   *
   * @param pinned never make room for others
   */
  async keep(sequence: Sequence, { pinned = false }: { readonly pinned?: boolean } = {}): Promise<void> {
    const known = this.#states.find(
      // A pinned state holds nothing beyond what is pinned.
      ({ tokens }) => isBeginning(sequence.tokens, tokens) && (!pinned || tokens.length === sequence.tokens.length),
    );
    if (known) {
      await this.#touch(known);
      if (pinned) this.#pinned.add(known);
      return;
    }
    const bytes = sequence.tokens.length * this.#options.bytesPerToken;
    if (!this.#fits(bytes)) return;
    try {
      const outgrown = this.#states.filter(({ tokens }) => isBeginning(tokens, sequence.tokens));
      for (const state of outgrown) if (!this.#pinned.has(state)) await this.#drop(state);
      await this.#makeRoom(bytes);
      const state = await this.#options.files.save(sequence);
      this.#states.push(state);
      if (pinned) this.#pinned.add(state);
      await this.#makeRoom(0);
    } catch (error) {
      this.#fail("a conversation could not be kept", error);
    }
  }

  /**
   * Puts a state into a sequence, whatever that held.
   *
   * @returns false when it could not be read; the sequence then counts as empty, and the state is gone
   */
  async restore(state: StoredState, sequence: Sequence): Promise<boolean> {
    sequence.tokens.length = 0;
    try {
      const tokens = await this.#options.files.load(state.file, sequence.id);
      if (tokens.length !== state.tokens.length || !isBeginning(tokens, state.tokens)) {
        throw new Error("the file holds another conversation");
      }
      sequence.tokens.push(...tokens);
      await this.#touch(state);
      this.#restored++;
      return true;
    } catch (error) {
      this.#fail("a kept conversation could not be read", error);
      await this.#drop(state);
      return false;
    }
  }

  /** Keeps what the slots hold for the next process, or removes everything when there is none to come. */
  async close(sequences: readonly Sequence[]): Promise<void> {
    if (!this.#options.outlivesProcess) await this.#options.files.clear();
    else for (const sequence of sequences) if (sequence.tokens.length > 0) await this.keep(sequence);
  }

  /** Drops what an earlier process kept under a higher limit. */
  async trim(): Promise<void> {
    await this.#makeRoom(0);
  }

  /** Whether there is room for so many bytes when everything has gone that is not pinned. */
  #fits(bytes: number): boolean {
    const pinned = [...this.#pinned].reduce((sum, state) => sum + state.bytes, 0);
    return pinned + bytes <= this.#options.mostBytes;
  }

  /** Frees so many bytes below the limit, as far as pinned states let it. */
  async #makeRoom(bytes: number): Promise<void> {
    const { mostBytes } = this.#options;
    for (const state of [...this.#states]) {
      if (this.#bytes() + bytes <= mostBytes) break;
      if (this.#pinned.has(state)) continue;
      await this.#drop(state);
      this.#evicted++;
    }
  }

  async #drop(state: StoredState): Promise<void> {
    this.#states = this.#states.filter((other) => other !== state);
    this.#pinned.delete(state);
    await this.#options.files.remove(state.file).catch(() => undefined);
  }

  async #touch(state: StoredState): Promise<void> {
    this.#states = [...this.#states.filter((other) => other !== state), state];
    if (this.#options.outlivesProcess) await this.#options.files.touch(state.file).catch(() => undefined);
  }

  #bytes(): number {
    return this.#states.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #fail(what: string, error: unknown): void {
    this.#failed++;
    this.#options.logger.warn({ reason: errorMessage(error) }, what);
  }
}

function isBeginning(beginning: readonly number[], tokens: readonly number[]): boolean {
  return beginning.length <= tokens.length && commonPrefix(beginning, tokens) === beginning.length;
}
