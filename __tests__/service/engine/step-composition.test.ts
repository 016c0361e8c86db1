import { composeStep, type Composable } from "../../../service/src/engine/step-composition.js";

interface Lane {
  readonly name: string;
  turn: number;
}

const tokens = (length: number): number[] => Array.from({ length }, (_, index) => index);
const reading = (name: string, turn: number, length: number, done = 0, position = done): Composable<Lane> => ({
  lane: { name, turn },
  kind: "read",
  tokens: tokens(length),
  done,
  position,
});
const answer = (name: string): Composable<Lane> => ({
  lane: { name, turn: 0 },
  kind: "generate",
  tokens: [7],
  done: 0,
  position: 5,
});
const compose = (lanes: readonly Composable<Lane>[], promptTokens: number, aligned = false): [string, number][] =>
  composeStep(lanes, { promptTokens, aligned }).map(({ lane, tokens: part }) => [lane.name, part.length]);

describe("composeStep", () => {
  it("every answer gets its token, whatever is read", () => {
    expect(compose([answer("a"), reading("p", 1, 100), answer("b")], 16)).toEqual([
      ["a", 1],
      ["b", 1],
      ["p", 16],
    ]);
  });

  it("short prompts share a step, and who has waited longest comes first", () => {
    expect(compose([reading("new", 2, 30), reading("old", 1, 30), reading("newest", 3, 30)], 64)).toEqual([
      ["old", 30],
      ["new", 30],
      ["newest", 4],
    ]);
  });

  it("goes on where the lane stopped", () => {
    expect(composeStep([reading("p", 1, 10, 6)], { promptTokens: 16, aligned: false })[0]?.tokens).toEqual([
      6, 7, 8, 9,
    ]);
  });

  it("aligned pieces end where the position is a multiple of their size, one prompt a step", () => {
    expect(compose([reading("p", 1, 100, 0, 20), reading("q", 2, 5)], 16, true)).toEqual([["p", 12]]);
    expect(compose([reading("p", 1, 100, 12, 32)], 16, true)).toEqual([["p", 16]]);
  });
});
