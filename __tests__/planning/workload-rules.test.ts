import {
  cpuCoresViolation,
  disruptionBudgetViolation,
  gp3Violations,
  maxReplicasViolation,
  refuseViolations,
  replicasViolation,
  strategyViolation,
  threadsViolation,
  violationMessage,
  type RuleViolation,
} from "../../planning/workload-rules";

const message = (violation: RuleViolation | undefined): string | undefined =>
  violation === undefined ? undefined : violationMessage(violation);

describe("replicas", () => {
  it("allows one on a shared cache and any number with a cache for each", () => {
    expect(replicasViolation("shared", 1)).toBeUndefined();
    expect(replicasViolation("per-replica", 1)).toBeUndefined();
    expect(replicasViolation("per-replica", 30)).toBeUndefined();
  });

  it("refuses two on one ReadWriteOnce volume", () => {
    expect(message(replicasViolation("shared", 2))).toBe(
      'replicas (2) needs cache "per-replica": one ReadWriteOnce volume cannot serve several pods. ' +
        'Set cache: "per-replica" or replicas: 1.',
    );
  });
});

describe("maxReplicas", () => {
  it("may be left out everywhere", () => {
    expect(maxReplicasViolation("shared", 1, undefined)).toBeUndefined();
    expect(maxReplicasViolation("per-replica", 3, undefined)).toBeUndefined();
  });

  it("is refused on a shared cache", () => {
    expect(message(maxReplicasViolation("shared", 1, 4))).toBe(
      'maxReplicas (4) needs cache "per-replica": one ReadWriteOnce volume cannot serve several pods. ' +
        'Set cache: "per-replica" or leave maxReplicas out.',
    );
  });

  it("must be more than replicas", () => {
    expect(maxReplicasViolation("per-replica", 3, 4)).toBeUndefined();
    expect(message(maxReplicasViolation("per-replica", 3, 3))).toBe(
      "maxReplicas (3) must be more than replicas (3), the number that the autoscaler starts from. " +
        "Set maxReplicas to 4 or more, or leave it out.",
    );
  });
});

describe("update strategy", () => {
  it("allows Recreate on one volume and a rolling update where every replica has its own", () => {
    expect(strategyViolation("shared", "Recreate")).toBeUndefined();
    expect(strategyViolation("per-replica", "RollingUpdate")).toBeUndefined();
  });

  it("refuses a rolling update on one volume", () => {
    expect(message(strategyViolation("shared", "RollingUpdate"))).toBe(
      "strategy (RollingUpdate) deadlocks on one ReadWriteOnce volume: the new pod waits for the volume of the old one, " +
        'which waits for the new pod. Set strategy: "Recreate" or cache: "per-replica".',
    );
  });
});

describe("cpu and threads", () => {
  it("allows whole cores from one on", () => {
    expect(cpuCoresViolation(1)).toBeUndefined();
    expect(cpuCoresViolation(64)).toBeUndefined();
  });

  it.each([
    [0.5, "1"],
    [2.5, "3"],
    [0, "1"],
    [-1, "1"],
    [Number.NaN, "1"],
    [Number.POSITIVE_INFINITY, "1"],
  ])("refuses %p cores", (cores, proposal) => {
    expect(message(cpuCoresViolation(cores))).toBe(
      `cpuCores (${cores}) must be a whole number of cores, 1 or more: llama.cpp runs one thread a core, and a fraction of ` +
        `a core throttles all of them. Set cpuCores to ${proposal}.`,
    );
  });

  it("allows as many threads as cores and refuses one more", () => {
    expect(threadsViolation(undefined, 4)).toBeUndefined();
    expect(threadsViolation(4, 4)).toBeUndefined();
    expect(message(threadsViolation(5, 4))).toBe(
      "threads (5) must not be more than cpuCores (4): threads without a core of their own stall the others. " +
        "Set threads to 4 or less, or leave it out.",
    );
  });
});

describe("disruption budget", () => {
  it("allows one pod to be evicted", () => {
    expect(disruptionBudgetViolation(1, 1)).toBeUndefined();
  });

  it.each([
    [1, "1 replica"],
    [3, "3 replicas"],
  ])("refuses a budget over %p that blocks drains", (replicas, counted) => {
    expect(message(disruptionBudgetViolation(replicas, 0))).toBe(
      `maxUnavailable (0) blocks every node drain: none of ${counted} may be evicted. Set maxUnavailable to 1.`,
    );
  });
});

describe("gp3 volumes", () => {
  const messages = (volume: Parameters<typeof gp3Violations>[0]) => gp3Violations(volume).map(violationMessage);

  it.each([
    { iops: 3000, throughputMiBps: 125, sizeGiB: 1 },
    { iops: 3000, throughputMiBps: 750, sizeGiB: 15 },
    { iops: 7500, throughputMiBps: 125, sizeGiB: 15 },
    { iops: 80_000, throughputMiBps: 2000 },
  ])("allows %p", (volume) => {
    expect(gp3Violations(volume)).toEqual([]);
  });

  it.each([2999, 80_001, 3000.5])("refuses %p iops", (iops) => {
    expect(messages({ iops, throughputMiBps: 125 })).toEqual([
      `iops (${iops}) must be a whole number from 3000 to 80000 on gp3. Set iops to 3000, which is included in the price.`,
    ]);
  });

  it.each([124, 2001, 125.5])("refuses %p MiB/s", (throughputMiBps) => {
    expect(messages({ iops: 16_000, throughputMiBps })).toEqual([
      `throughputMiBps (${throughputMiBps}) must be a whole number from 125 to 2000 on gp3. ` +
        "Set throughputMiBps to 125, which is included in the price.",
    ]);
  });

  it("refuses more throughput than the iops carry", () => {
    expect(messages({ iops: 3000, throughputMiBps: 751 })).toEqual([
      "throughputMiBps (751) needs 3004 iops, and the volume has 3000: gp3 gives 0.25 MiB/s for each of them. " +
        "Set iops to 3004 or throughputMiBps to 750.",
    ]);
  });

  it("refuses more iops than the size carries", () => {
    expect(messages({ iops: 7501, throughputMiBps: 125, sizeGiB: 15 })).toEqual([
      "iops (7501) is more than a gp3 volume of 15 GiB can have: 500 for each GiB. " +
        "Set iops to 7500 or the size to 16 GiB.",
    ]);
  });
});

describe("refuseViolations", () => {
  it("passes where nothing is broken", () => {
    expect(() => refuseViolations("thing", [undefined, undefined])).not.toThrow();
  });

  it("names the subject and every broken rule", () => {
    const broken = [replicasViolation("shared", 2), undefined, disruptionBudgetViolation(1, 0)];
    expect(() => refuseViolations('Deployment "chat-api"', broken)).toThrow(
      new Error(
        'Deployment "chat-api": replicas (2) needs cache "per-replica": one ReadWriteOnce volume cannot serve several ' +
          'pods. Set cache: "per-replica" or replicas: 1.\n' +
          "maxUnavailable (0) blocks every node drain: none of 1 replica may be evicted. Set maxUnavailable to 1.",
      ),
    );
  });
});
