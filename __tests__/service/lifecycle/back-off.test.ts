import { backOffSeconds } from "../../../service/src/lifecycle/back-off.js";

it("doubles from 1 s to 60 s, between half and all of it", () => {
  const span = (failures: number): number[] => [
    backOffSeconds(failures, undefined, 0),
    backOffSeconds(failures, undefined, 1),
  ];
  expect([1, 2, 3, 6, 7, 1_000].map(span)).toEqual([
    [0.5, 1],
    [1, 2],
    [2, 4],
    [16, 32],
    [30, 60],
    [30, 60],
  ]);
});

it("a source that asks for patience gets at least that", () => {
  expect(backOffSeconds(1, 120, 0.5)).toBe(120);
  expect(backOffSeconds(7, 5, 1)).toBe(60);
});
