import { MOST_STEP_TOKENS, PieceSize } from "../../../service/src/engine/piece-size.js";

/** Seconds of a step on a machine that needs so much for the weights and for each token. */
const machine = (fixed: number, perToken: number) => (tokens: number) => fixed + perToken * tokens;
/** Two cores and a model of 3B. */
const slow = machine(0.05, 0.022);

/** Reads until the choice has settled. */
function settle(size: PieceSize, seconds: (tokens: number) => number, answers: number): number {
  for (let step = 0; step < 12; step++) {
    const promptTokens = size.choose(answers);
    size.observe({ promptTokens, answers, seconds: seconds(promptTokens + answers) });
  }
  return size.choose(answers);
}

describe("PieceSize", () => {
  it("begins small, because nothing is known", () => {
    expect(new PieceSize({ targetSeconds: 0.5 }).choose(0)).toBe(16);
  });

  it("reads in large pieces when no answer is running, and a newcomer waits 1.5 s at most", () => {
    const size = settle(new PieceSize({ targetSeconds: 0.5 }), slow, 0);
    expect(size).toBeGreaterThanOrEqual(60);
    expect(slow(size)).toBeLessThanOrEqual(1.5);
    expect(settle(new PieceSize({ targetSeconds: 0.5 }), machine(0.05, 0.01), 0)).toBe(MOST_STEP_TOKENS);
  });

  it.each([0.3, 0.5, 1])("keeps running answers waiting for %p s at most", (targetSeconds) => {
    const size = settle(new PieceSize({ targetSeconds }), slow, 2);
    expect(slow(size + 2)).toBeLessThanOrEqual(targetSeconds);
    expect(slow(size + 2)).toBeGreaterThan(targetSeconds * 0.7);
  });

  it("a quick machine reads in the largest pieces beside answers too, and there is room for theirs", () => {
    expect(settle(new PieceSize({ targetSeconds: 0.5 }), machine(0.005, 0.001), 3)).toBe(MOST_STEP_TOKENS - 3);
  });

  it("is small at once when an answer begins beside a prompt that was read alone", () => {
    const size = new PieceSize({ targetSeconds: 0.5 });
    settle(size, slow, 0);
    expect(slow(size.choose(1) + 1)).toBeLessThan(0.6);
  });

  it("an answer that has had no token yet waits for none, so prompts that came with its own are read in a large piece", () => {
    const size = new PieceSize({ targetSeconds: 0.5 });
    const alone = settle(size, slow, 0);
    expect(size.choose(1, 0)).toBeGreaterThanOrEqual(alone - 2);
    expect(size.choose(1, 1)).toBeLessThan(alone / 2);
  });

  it("shrinks when neighbours slow the machine down, and grows again without them", () => {
    const size = new PieceSize({ targetSeconds: 0.5 });
    const calm = settle(size, slow, 1);
    const disturbed = settle(size, machine(0.2, 0.08), 1);
    expect(disturbed).toBeLessThan(calm / 2);
    expect(settle(size, slow, 1)).toBe(calm);
  });

  it("neighbours do not make the pieces of a prompt that is read alone so small that reading it costs more", () => {
    expect(settle(new PieceSize({ targetSeconds: 0.5 }), machine(0.5, 0.2), 0)).toBe(64);
  });

  it("always gets on, however slow the machine is", () => {
    expect(settle(new PieceSize({ targetSeconds: 0.5 }), machine(5, 1), 1)).toBe(8);
  });

  it("a fixed size is kept whatever is measured", () => {
    expect(settle(new PieceSize({ targetSeconds: 0.5, fixed: 32 }), machine(5, 1), 1)).toBe(32);
  });
});
