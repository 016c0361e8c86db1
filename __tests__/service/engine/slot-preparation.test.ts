import { type Slot } from "../../../service/src/engine/slot-pool.js";
import { prepareSlot, type SequenceMemory } from "../../../service/src/engine/slot-preparation.js";
import { type StateFiles, StateStore, type StoredState } from "../../../service/src/engine/state-store.js";

const tokens = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => from + index);
const slot = (held: readonly number[], copyFrom?: readonly number[]): Slot => ({
  sequence: { id: 0, tokens: [...held] },
  copyFrom: copyFrom && { id: 1, tokens: [...copyFrom] },
  release: () => undefined,
});

/** Records what it is asked to do. */
class Memory implements SequenceMemory {
  readonly log: string[] = [];
  constructor(
    readonly cuttable = true,
    readonly copies = true,
  ) {}
  truncate(sequence: number, length: number): number {
    this.log.push(`truncate ${sequence} to ${length}`);
    return this.cuttable ? length : 0;
  }
  copy(from: number, to: number, length: number): Promise<boolean> {
    this.log.push(`copy ${length} from ${from} to ${to}`);
    return Promise.resolve(this.copies);
  }
}

describe("prepareSlot", () => {
  it("keeps what the prompt continues and erases the rest", async () => {
    const memory = new Memory();
    await expect(prepareSlot({ memory }, slot([...tokens(20), 99]), tokens(40))).resolves.toBe(20);
    expect(memory.log).toEqual(["truncate 0 to 20"]);
  });

  it("leaves the last token of a known prompt to be read again", async () => {
    await expect(prepareSlot({ memory: new Memory() }, slot(tokens(30)), tokens(20))).resolves.toBe(19);
  });

  it("keeps a multiple of fixed pieces", async () => {
    await expect(prepareSlot({ memory: new Memory() }, slot(tokens(30)), tokens(30), 16)).resolves.toBe(16);
  });

  it("copies from the slot that knows more, unless it has moved on", async () => {
    const memory = new Memory();
    await expect(prepareSlot({ memory }, slot([7], tokens(50)), tokens(40))).resolves.toBe(39);
    expect(memory.log).toEqual(["truncate 0 to 0", "copy 50 from 1 to 0", "truncate 0 to 39"]);
    await expect(prepareSlot({ memory: new Memory() }, slot(tokens(5), [9, 9]), tokens(40))).resolves.toBe(5);
  });

  it("begins anew where copying or cutting does not work", async () => {
    await expect(prepareSlot({ memory: new Memory(true, false) }, slot([], tokens(50)), tokens(40))).resolves.toBe(0);
    await expect(prepareSlot({ memory: new Memory(false) }, slot(tokens(50)), tokens(40))).resolves.toBe(0);
  });

  describe("with a store", () => {
    /** A store that keeps everything in memory. */
    function makeStore(failing = false) {
      const kept: { file: string; tokens: number[]; bytes: number }[] = [];
      const files: StateFiles = {
        save: ({ tokens: held }) => {
          kept.push({ file: String(kept.length), tokens: [...held], bytes: held.length });
          return Promise.resolve(kept.at(-1) as StoredState);
        },
        load: (file) =>
          failing ? Promise.reject(new Error("bad")) : Promise.resolve(kept[Number(file)]?.tokens ?? []),
        touch: () => Promise.resolve(),
        remove: () => Promise.resolve(),
        clear: () => Promise.resolve(),
      };
      const logger = { info: () => undefined, warn: () => undefined, debug: () => undefined };
      return { kept, states: new StateStore({ mostBytes: 1000, bytesPerToken: 1, files, logger }) };
    }

    it("a conversation whose slot is taken over is kept, and comes back when it goes on", async () => {
      const { states, kept } = makeStore();
      const memory = new Memory();
      const taken = slot(tokens(50));
      await expect(prepareSlot({ memory, states }, taken, tokens(40, 1000))).resolves.toBe(0);
      expect(kept.map(({ tokens: held }) => held)).toEqual([tokens(50)]);
      await expect(prepareSlot({ memory, states }, taken, tokens(60))).resolves.toBe(50);
      expect(taken.sequence.tokens).toEqual(tokens(50));
    });

    it("a little at the end of a conversation is not worth a state", async () => {
      const { states, kept } = makeStore();
      await prepareSlot({ memory: new Memory(), states }, slot(tokens(50)), tokens(20));
      expect(kept).toHaveLength(0);
      await prepareSlot({ memory: new Memory(), states }, slot(tokens(50)), tokens(19));
      expect(kept).toHaveLength(1);
    });

    it("a state that fails to load is as if it had never been", async () => {
      const { states } = makeStore(true);
      await states.keep({ id: 1, tokens: tokens(50) });
      const memory = new Memory();
      await expect(prepareSlot({ memory, states }, slot([]), tokens(60))).resolves.toBe(0);
      expect(memory.log.at(-1)).toBe("truncate 0 to 0");
      expect(states.status()).toMatchObject({ states: 0, failed: 1 });
    });
  });

  it("clears a sequence that counts as empty: a failed step may have left something in it", async () => {
    const memory = new Memory();
    await prepareSlot({ memory }, slot([]), tokens(10));
    expect(memory.log).toEqual(["truncate 0 to 0"]);
  });
});
