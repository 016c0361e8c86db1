import { quantile, simulate, type SimulationInput } from "../../planning/queue-simulation";

/** Constant work: 100 prompt tokens in 1 s, 100 answer tokens in 9 s. */
const INPUT: SimulationInput = {
  arrivalsPerSecond: 0.001,
  slots: 1,
  maxQueue: 100,
  prefill: 100,
  decode: 100 / 9,
  lengths: { prompt: 100, answer: 100, spread: 0, maxAnswer: 1000 },
  questions: 5000,
};

describe("queue simulation", () => {
  it("answers in its own time when no one else asks", () => {
    const { firstToken, answer, refused } = simulate(INPUT);
    expect(firstToken.median).toBeCloseTo(1, 6);
    expect(answer.median).toBeCloseTo(10, 6);
    expect(refused).toBe(0);
  });

  it("agrees with queueing theory for one server and constant work (M/D/1)", () => {
    const rho = 0.5;
    const result = simulate({ ...INPUT, arrivalsPerSecond: rho / 10, questions: 40_000 });
    expect(result.utilisation).toBeCloseTo(rho, 1);
    // Median is below the mean wait of rho / (2 (1 - rho)) x 10 s = 5 s plus 1 s of prompt, the 95th percentile above it.
    expect(result.firstToken.median).toBeLessThan(6);
    expect(result.firstToken.p95).toBeGreaterThan(6);
    expect(result.firstToken.p95).toBeLessThan(30);
  });

  it("shares the cores: two slots start both and finish both later", () => {
    const busy = { ...INPUT, arrivalsPerSecond: 0.07 };
    const one = simulate(busy);
    const two = simulate({ ...busy, slots: 2 });
    expect(two.firstToken.p95).toBeLessThan(one.firstToken.p95);
    expect(two.utilisation).toBeCloseTo(one.utilisation, 1);
  });

  it("refuses what finds the line full", () => {
    const overloaded = { ...INPUT, arrivalsPerSecond: 0.2, maxQueue: 2 };
    const { refused, firstToken } = simulate(overloaded);
    expect(refused).toBeGreaterThan(0.45);
    expect(refused).toBeLessThan(0.55);
    expect(firstToken.p95).toBeLessThan(31);
  });

  it("gives the same figures for the same seed and others for another", () => {
    const busy = { ...INPUT, arrivalsPerSecond: 0.07 };
    expect(simulate(busy)).toEqual(simulate(busy));
    expect(simulate({ ...busy, seed: 2 })).not.toEqual(simulate(busy));
  });

  it("takes quantiles by rank", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(3);
    expect(quantile([1], 0.95)).toBe(1);
    expect(quantile([], 0.5)).toBe(0);
  });
});
