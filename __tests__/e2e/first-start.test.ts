import { distance, type StartTimeline } from "../../e2e/lib/first-start";

const REHEARSED: StartTimeline = [
  { what: "listening", seconds: 0 },
  { what: "startup failure 1", seconds: 4.2 },
  { what: "startup failure 2", seconds: 9.2 },
  { what: "startup failure 3", seconds: 14.3 },
  { what: "ready", seconds: 15.3 },
];
const PERIOD = 5;

it("a failed probe that the kubelet left out does not make the later ones late", () => {
  expect(distance({ what: "startup failure 1", seconds: 9.3 }, REHEARSED)).toBeCloseTo(0.1);
  expect(distance({ what: "startup failure 2", seconds: 14.3 }, REHEARSED)).toBeCloseTo(0);
});

it("a probe that fails long after the last predicted failure is far from all of them", () => {
  expect(distance({ what: "startup failure 4", seconds: 19.4 }, REHEARSED)).toBeGreaterThan(PERIOD);
});

it("everything else is compared with its namesake, and what has none is at no distance", () => {
  expect(distance({ what: "ready", seconds: 25.3 }, REHEARSED)).toBeCloseTo(10);
  expect(distance({ what: "verifying", seconds: 13.9 }, REHEARSED)).toBeNaN();
});
