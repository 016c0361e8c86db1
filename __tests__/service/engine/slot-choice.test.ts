import fc from "fast-check";

import { chooseSlot, commonPrefix, type SlotState } from "../../../service/src/engine/slot-choice.js";

const tokens = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => from + index);
const slot = (held: number[], lastUsed: number, busy = false): SlotState => ({ tokens: held, lastUsed, busy });

describe("chooseSlot", () => {
  it("takes the slot whose conversation the prompt continues", () => {
    expect(chooseSlot([slot([], 0), slot(tokens(50), 1)], tokens(80))).toEqual({ slot: 1 });
  });

  it("takes the least recently used slot for a new conversation, not the one that shares a little", () => {
    const busyWithOthers = [...tokens(20), ...tokens(100, 1000)];
    expect(chooseSlot([slot(busyWithOthers, 2), slot(tokens(50, 500), 1)], tokens(60))).toEqual({ slot: 1 });
  });

  it("copies a long shared beginning from another slot, busy or free", () => {
    const conversation = [...tokens(40), ...tokens(100, 1000)];
    const choice = { slot: 1, copyFrom: 0 };
    expect(chooseSlot([slot(conversation, 2), slot([], 0)], tokens(60))).toEqual(choice);
    expect(chooseSlot([slot(conversation, 2, true), slot([], 0)], tokens(60))).toEqual(choice);
  });

  it.each([
    [31, undefined],
    [32, 0],
  ])("a shared beginning of %i tokens is copied from slot %p", (length, copyFrom) => {
    const other = [...tokens(length), ...tokens(200, 1000)];
    expect(chooseSlot([slot(other, 2), slot([], 0)], tokens(60))?.copyFrom).toBe(copyFrom);
  });

  it("a slot that holds exactly twice of what is shared is still continued", () => {
    const half = [...tokens(20), ...tokens(20, 1000)];
    expect(chooseSlot([slot([], 0), slot(half, 1)], tokens(60))).toEqual({ slot: 1 });
    const less = [...tokens(20), ...tokens(21, 1000)];
    expect(chooseSlot([slot([], 0), slot(less, 1)], tokens(60))).toEqual({ slot: 0 });
  });

  it("has no choice when every slot is busy", () => {
    expect(chooseSlot([slot([], 0, true)], tokens(3))).toBeUndefined();
  });

  it("never chooses a busy slot, and never copies from the chosen one", () => {
    const state = fc.record({
      busy: fc.boolean(),
      lastUsed: fc.nat(9),
      tokens: fc.array(fc.nat(1), { maxLength: 80 }),
    });
    fc.assert(
      fc.property(fc.array(state, { maxLength: 4 }), fc.array(fc.nat(1), { maxLength: 80 }), (slots, prompt) => {
        const choice = chooseSlot(slots, prompt);
        if (!choice) return slots.every(({ busy }) => busy);
        return slots[choice.slot]?.busy === false && choice.copyFrom !== choice.slot;
      }),
    );
  });
});

it("commonPrefix counts equal tokens from the start", () => {
  expect(commonPrefix([1, 2, 3], [1, 2, 4, 3])).toBe(2);
  expect(commonPrefix([], [1])).toBe(0);
  expect(commonPrefix([1, 2], [1, 2])).toBe(2);
});
