import fc from "fast-check";

import { MIB } from "../../../planning/byte-units";
import { ASSUMED, timeBudget, type TimeBudgetInput } from "../../../planning/time/time-budget";
import { PAGE_INSTRUCTIONS } from "../../../service/src/contract";
import { TRIAGE_INSTRUCTIONS } from "../../../service/src/http/routes/triage";
import { DEFAULT_BACK_OFF } from "../../../service/src/lifecycle/back-off";

const INPUT: TimeBudgetInput = {
  modelBytes: 2000 * MIB,
  downloadMiBps: 10,
  volumeMiBps: 125,
  maxTokens: 512,
  slowestTokensPerSecond: 4,
  slowestPromptTokensPerSecond: 40,
  requestTimeoutSeconds: 600,
  behindLoadBalancer: false,
  rollout: "in-place",
  replicas: 1,
};

describe("time budget", () => {
  it("adds up a cold and a warm start from bytes and rates", () => {
    const budget = timeBudget(INPUT);
    expect(budget.coldStart.map(({ name, seconds }) => [name, seconds])).toEqual([
      ["start", 5],
      ["download", 200],
      ["verify", 16],
      ["load", 27],
      ["warm-up", 20],
    ]);
    expect(budget).toMatchObject({ coldStartSeconds: 268, warmStartSeconds: 68 });
  });

  it("derives every number from it", () => {
    expect(timeBudget(INPUT)).toMatchObject({
      startupWindowSeconds: 540,
      longestAnswerSeconds: 128,
      drainSeconds: 128,
      preStopSeconds: 5,
      terminationGraceSeconds: 148,
      beforeStartSeconds: 148 + 120 + 60,
      progressDeadlineSeconds: 148 + 120 + 60 + 540 + 60,
      terraformTimeoutSeconds: 1020,
    });
  });

  it("has room for an outage of the source in a start of any size, and for the pause after which it is asked again", () => {
    expect(ASSUMED.retryPauseSeconds).toBe(DEFAULT_BACK_OFF.longest);
    // 55 s of the worst start of a small model, 120 s of outage, 60 s until the next try.
    const small = timeBudget({ ...INPUT, modelBytes: 240 * MIB });
    expect([small.coldStartSeconds, small.minimum.startupWindowSeconds]).toEqual([55, 235]);
    expect(small.startupWindowSeconds).toBe(235);
    // A large one has it in the second worst start that its window covers.
    const large = timeBudget(INPUT);
    expect(large.startupWindowSeconds - large.coldStartSeconds).toBeGreaterThan(180);
  });

  it("gives the container exactly period x failures: the first probe waits one period", () => {
    const { startup } = timeBudget(INPUT).probes;
    expect(startup).toEqual({ initialDelaySeconds: 5, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 108 });
  });

  it("keeps liveness tolerant and quicker than the stall that it reports", () => {
    const { liveness, readiness } = timeBudget(INPUT).probes;
    expect(liveness).toEqual({ periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 });
    expect(readiness).toEqual({ periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 });
  });

  it("counts the slower of network and volume, and of hashing and volume", () => {
    const seconds = (change: Partial<TimeBudgetInput>, name: string): number | undefined =>
      timeBudget({ ...INPUT, ...change }).coldStart.find((item) => item.name === name)?.seconds;
    expect(seconds({ downloadMiBps: 500 }, "download")).toBe(16);
    expect(seconds({ volumeMiBps: 1000 }, "verify")).toBe(10);
    expect(seconds({ volumeMiBps: 1000 }, "load")).toBe(13);
  });

  it("counts what is read at every start because many prompts begin with it", () => {
    const warmUp = (slowestPromptTokensPerSecond: number): number | undefined =>
      timeBudget({ ...INPUT, slowestPromptTokensPerSecond }).warmStart.at(-1)?.seconds;
    expect([warmUp(Infinity), warmUp(40), warmUp(9)]).toEqual([10, 20, 55]);
    // English has four to five characters a token; what the model's template adds is part of the room that is left.
    const characters = TRIAGE_INSTRUCTIONS.length + PAGE_INSTRUCTIONS.length;
    expect(characters / 4).toBeLessThan(ASSUMED.sharedPromptTokens);
    expect(characters / 4).toBeGreaterThan(ASSUMED.sharedPromptTokens * 0.6);
  });

  it("never drains longer than a request may last", () => {
    expect(timeBudget({ ...INPUT, requestTimeoutSeconds: 60 }).drainSeconds).toBe(60);
    expect(timeBudget({ ...INPUT, maxTokens: 4 }).drainSeconds).toBe(ASSUMED.minimumDrainSeconds);
  });

  it("lets a load balancer forget a pod before its SIGTERM, within the grace period", () => {
    const direct = timeBudget(INPUT);
    const balanced = timeBudget({ ...INPUT, behindLoadBalancer: true });
    expect([direct.preStopSeconds, balanced.preStopSeconds]).toEqual([5, 25]);
    expect(balanced.terminationGraceSeconds - direct.terminationGraceSeconds).toBe(20);
    expect(balanced.drainSeconds).toBe(direct.drainSeconds);
  });

  it("waits for each pod of a rollout that goes one by one", () => {
    const one = timeBudget({ ...INPUT, rollout: "one-by-one", replicas: 1 });
    const three = timeBudget({ ...INPUT, rollout: "one-by-one", replicas: 3 });
    expect(three.terraformTimeoutSeconds - one.terraformTimeoutSeconds).toBe(1860);
    expect(three.terraformTimeoutSeconds).toBeGreaterThan(3 * three.progressDeadlineSeconds);
  });

  it("keeps its order for any model, rate and answer", () => {
    fc.assert(
      fc.property(
        fc.record({
          modelBytes: fc.integer({ min: 1, max: 2 ** 36 }),
          downloadMiBps: fc.double({ min: 0.5, max: 1000, noNaN: true }),
          volumeMiBps: fc.integer({ min: 125, max: 2000 }),
          maxTokens: fc.integer({ min: 1, max: 32_768 }),
          slowestTokensPerSecond: fc.double({ min: 0.1, max: 500, noNaN: true }),
          slowestPromptTokensPerSecond: fc.double({ min: 0.5, max: 5000, noNaN: true }),
          requestTimeoutSeconds: fc.integer({ min: 1, max: 86_400 }),
          behindLoadBalancer: fc.boolean(),
          rollout: fc.constantFrom("in-place" as const, "one-by-one" as const),
          replicas: fc.integer({ min: 1, max: 100 }),
        }),
        (input) => {
          const budget = timeBudget(input);
          const { startup } = budget.probes;
          const window = startup.periodSeconds * startup.failureThreshold;
          expect(window).toBeGreaterThanOrEqual(2 * budget.coldStartSeconds);
          expect(budget.progressDeadlineSeconds).toBeGreaterThan(window + budget.beforeStartSeconds);
          expect(budget.terraformTimeoutSeconds).toBeGreaterThan(budget.progressDeadlineSeconds);
          expect(budget.terminationGraceSeconds).toBeGreaterThan(budget.preStopSeconds + budget.drainSeconds);
          expect(budget.drainSeconds).toBeGreaterThanOrEqual(budget.longestAnswerSeconds);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe("overrides of the time budget", () => {
  it("moves what comes after an override", () => {
    const budget = timeBudget({ ...INPUT, overrides: { startupWindowSeconds: 1000, drainSeconds: 300 } });
    expect(budget.startupWindowSeconds).toBe(1000);
    expect(budget.terminationGraceSeconds).toBe(320);
    expect(budget.progressDeadlineSeconds).toBe(320 + 120 + 60 + 1000 + 60);
  });
});

describe("the budget of an engine in an image that is not ours", () => {
  const ENGINE = { startSeconds: 200, imageMiB: 8000 };
  const budget = timeBudget({ ...INPUT, downloadMiBps: 40, engine: ENGINE, rollout: "one-by-one", replicas: 2 });

  it("downloads and reads the weights, and then takes its own time", () => {
    expect(budget.coldStart.map(({ name, seconds }) => [name, seconds])).toEqual([
      ["download", 50],
      ["load", 16],
      ["engine", 200],
    ]);
    expect(budget).toMatchObject({ coldStartSeconds: 266, warmStartSeconds: 216, startupWindowSeconds: 535 });
  });

  it("pulls the image as slowly as the model, and waits for answers as the service does", () => {
    const ofService = timeBudget(INPUT);
    const { preStopSeconds, drainSeconds, terminationGraceSeconds } = ofService;
    expect(budget).toMatchObject({ preStopSeconds, drainSeconds, terminationGraceSeconds });
    expect(budget.imagePullSeconds).toBe(200);
    expect(budget.progressDeadlineSeconds).toBe(terminationGraceSeconds + 120 + 200 + 535 + 60);
  });
});
