import { type StateFiles, StateStore, type StoredState } from "../../../service/src/engine/state-store.js";
import { type Sequence } from "../../../service/src/engine/step.js";

const tokens = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => from + index);
const sequence = (held: readonly number[]): Sequence => ({ id: 0, tokens: [...held] });

/** Files in memory: a byte for each token. */
class Files implements StateFiles {
  readonly stored = new Map<string, readonly number[]>();
  #count = 0;
  full = false;

  save({ tokens: held }: Sequence): Promise<StoredState> {
    if (this.full) return Promise.reject(new Error("no space left"));
    const file = `f${++this.#count}`;
    this.stored.set(file, [...held]);
    return Promise.resolve({ file, tokens: [...held], bytes: held.length });
  }
  load(file: string): Promise<readonly number[]> {
    const held = this.stored.get(file);
    return held ? Promise.resolve(held) : Promise.reject(new Error("no such file"));
  }
  touch(): Promise<void> {
    return Promise.resolve();
  }
  remove(file: string): Promise<void> {
    this.stored.delete(file);
    return Promise.resolve();
  }
  clear(): Promise<void> {
    this.stored.clear();
    return Promise.resolve();
  }
}

function makeStore(mostBytes = 100, found: readonly StoredState[] = [], outlivesProcess = false) {
  const files = new Files();
  const warnings: string[] = [];
  const logger = {
    info: () => undefined,
    debug: () => undefined,
    warn: (_: object, text: string) => warnings.push(text),
  };
  return {
    files,
    warnings,
    store: new StateStore({ mostBytes, bytesPerToken: 1, files, logger, found, outlivesProcess }),
  };
}

describe("StateStore", () => {
  it("gives back the conversation that the prompt continues", async () => {
    const { store } = makeStore();
    await store.keep(sequence(tokens(20)));
    await store.keep(sequence(tokens(20, 500)));
    const match = store.find(tokens(40, 500));
    expect(match?.shared).toBe(20);
    const slot = sequence([7, 7]);
    await expect(store.restore(match?.state as StoredState, slot)).resolves.toBe(true);
    expect(slot.tokens).toEqual(tokens(20, 500));
    expect(store.status()).toEqual({ states: 2, bytes: 40, restored: 1, evicted: 0, failed: 0 });
    expect(store.find([99])).toBeUndefined();
  });

  it("at its limit the least recently used state makes room", async () => {
    const { store, files } = makeStore(100);
    for (const from of [0, 1000, 2000]) await store.keep(sequence(tokens(30, from)));
    await store.restore(store.find(tokens(5))?.state as StoredState, sequence([]));
    await store.keep(sequence(tokens(30, 3000)));
    expect(store.status()).toMatchObject({ states: 3, bytes: 90, evicted: 1 });
    expect(store.find(tokens(5, 1000))).toBeUndefined();
    expect(store.find(tokens(5))).toBeDefined();
    expect(files.stored.size).toBe(3);
  });

  it("what is larger than the limit is not kept, and what fits it exactly is", async () => {
    const { store } = makeStore(30);
    await store.keep(sequence(tokens(31)));
    expect(store.status()).toMatchObject({ states: 0, failed: 0 });
    await store.keep(sequence(tokens(30)));
    expect(store.status().states).toBe(1);
  });

  it("what is larger than the limit evicts nothing, not even the beginning that it goes on from", async () => {
    const { store } = makeStore(50);
    await store.keep(sequence(tokens(10, 1000)), { pinned: true });
    await store.keep(sequence(tokens(20)));
    await store.keep(sequence(tokens(41)));
    expect(store.status()).toMatchObject({ states: 2, bytes: 30, evicted: 0 });
    expect(store.find(tokens(41))?.shared).toBe(20);
  });

  it("under a lower limit than that of the process before, the least recently used states go", async () => {
    const found = [0, 1000, 2000].map((from) => ({ file: `f${from}`, tokens: tokens(20, from), bytes: 20 }));
    const { store } = makeStore(50, found, true);
    await store.trim();
    expect(store.status()).toMatchObject({ states: 2, bytes: 40, evicted: 1 });
    expect(store.find(tokens(5))).toBeUndefined();
  });

  it("pinned states never make room", async () => {
    const { store } = makeStore(50);
    await store.keep(sequence(tokens(30)), { pinned: true });
    await store.keep(sequence(tokens(20, 1000)));
    await store.keep(sequence(tokens(20, 2000)));
    expect(store.find(tokens(5))).toBeDefined();
    expect(store.find(tokens(5, 1000))).toBeUndefined();
    await store.keep(sequence(tokens(40, 3000)));
    expect(store.find(tokens(5, 3000))).toBeUndefined();
  });

  it("a conversation that has gone on replaces its beginning, unless that is pinned", async () => {
    const { store, files } = makeStore();
    await store.keep(sequence(tokens(10)), { pinned: true });
    await store.keep(sequence(tokens(20)));
    await store.keep(sequence(tokens(30)));
    expect(store.status()).toMatchObject({ states: 2, bytes: 40, evicted: 0 });
    expect([...files.stored.values()].map(({ length }) => length)).toEqual([10, 30]);
  });

  it("what is known already is not written again", async () => {
    const { store, files } = makeStore();
    await store.keep(sequence(tokens(30)));
    await store.keep(sequence(tokens(30)));
    await store.keep(sequence(tokens(10)));
    expect([...files.stored.keys()]).toEqual(["f1"]);
  });

  it("two requests that continue the same conversation both get it", async () => {
    const { store } = makeStore();
    await store.keep(sequence(tokens(20)));
    const [one, two] = [sequence([]), { id: 1, tokens: [] as number[] }];
    const match = store.find(tokens(25));
    const [first, second] = [
      await store.restore(match?.state as StoredState, one),
      await store.restore(store.find(tokens(25))?.state as StoredState, two),
    ];
    expect([first, second]).toEqual([true, true]);
    // Each goes on in its own way, and both are kept: neither is the beginning of the other.
    await store.keep(sequence([...one.tokens, 1]));
    await store.keep(sequence([...two.tokens, 2]));
    expect(store.find([...tokens(20), 1])?.shared).toBe(21);
    expect(store.find([...tokens(20), 2])?.shared).toBe(21);
  });

  it("a state that fails to load is dropped, and the sequence counts as empty", async () => {
    const { store, files, warnings } = makeStore();
    await store.keep(sequence(tokens(20)));
    files.stored.clear();
    const slot = sequence([7]);
    await expect(store.restore(store.find(tokens(20))?.state as StoredState, slot)).resolves.toBe(false);
    expect(slot.tokens).toEqual([]);
    expect(store.find(tokens(20))).toBeUndefined();
    expect(store.status()).toMatchObject({ states: 0, failed: 1 });
    expect(warnings).toEqual(["a kept conversation could not be read"]);
  });

  it("a file with another conversation in it is dropped too", async () => {
    const { store, files } = makeStore();
    await store.keep(sequence(tokens(20)));
    files.stored.set("f1", tokens(20, 1));
    await expect(store.restore(store.find(tokens(20))?.state as StoredState, sequence([]))).resolves.toBe(false);
  });

  it("a full disk loses the conversation and nothing else", async () => {
    const { store, files, warnings } = makeStore();
    files.full = true;
    await store.keep(sequence(tokens(20)));
    expect(store.status()).toMatchObject({ states: 0, failed: 1 });
    expect(warnings).toEqual(["a conversation could not be kept"]);
  });

  it("at the end everything is removed, or what the slots hold is kept for the next process", async () => {
    const memory = makeStore();
    await memory.store.keep(sequence(tokens(20)));
    await memory.store.close([sequence(tokens(20, 1000))]);
    expect(memory.files.stored.size).toBe(0);
    const volume = makeStore(100, [], true);
    await volume.store.keep(sequence(tokens(20)));
    await volume.store.close([sequence(tokens(20, 1000)), sequence([])]);
    expect(volume.files.stored.size).toBe(2);
  });

  it("goes on with what an earlier process has left", () => {
    const { store } = makeStore(100, [{ file: "old", tokens: tokens(20), bytes: 20 }]);
    expect(store.find(tokens(30))?.shared).toBe(20);
    expect(store.status()).toMatchObject({ states: 1, bytes: 20 });
  });
});
