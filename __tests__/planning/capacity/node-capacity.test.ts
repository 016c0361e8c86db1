import { INSTANCE_TYPES, instanceType } from "../../../planning/catalogue/instance-types";
import { kubeReservedCpu, kubeReservedMemory, nodeAllocatable } from "../../../planning/capacity/node-capacity";
import { instanceHour } from "../../../planning/cost/prices";
import { systemRequests } from "../../../planning/capacity/system-pods";

describe("node capacity", () => {
  // Figures of Karpenter's generated page, which applies the same reservations to what EC2 says of each type.
  it.each([
    ["a1.large", { vcpus: 2, memoryMiB: 4096, architecture: "arm64", maxPods: 29 }, 1930, 3055],
    ["a1.xlarge", { vcpus: 4, memoryMiB: 8192, architecture: "arm64", maxPods: 58 }, 3920, 6525],
    ["a1.2xlarge", { vcpus: 8, memoryMiB: 16384, architecture: "arm64", maxPods: 58 }, 7910, 14103],
    ["c3.large", { vcpus: 2, memoryMiB: 3840, architecture: "amd64", maxPods: 29 }, 1930, 2878],
    ["c3.xlarge", { vcpus: 4, memoryMiB: 7680, architecture: "amd64", maxPods: 58 }, 3920, 6111],
    ["c4.4xlarge", { vcpus: 16, memoryMiB: 30720, architecture: "amd64", maxPods: 234 }, 15890, 25487],
  ] as const)("agrees with Karpenter about %s", (_, machine, cpuMillicores, memoryMiB) => {
    expect(nodeAllocatable(machine)).toMatchObject({ cpuMillicores, memoryMiB });
  });

  it("reserves 6, 1, 0.5 and 0.25 percent of the first, second, next two and further cores", () => {
    expect([1000, 2000, 4000, 8000].map(kubeReservedCpu)).toEqual([60, 70, 80, 90]);
  });

  it("reserves 255 MiB and 11 for each possible pod", () => {
    expect([0, 1, 58].map(kubeReservedMemory)).toEqual([255, 266, 893]);
  });

  it("holds no more pods than a managed node group sets", () => {
    expect(nodeAllocatable({ vcpus: 16, memoryMiB: 32768, architecture: "amd64", maxPods: 234 }).pods).toBe(110);
    expect(nodeAllocatable({ vcpus: 4, memoryMiB: 8192, architecture: "amd64", maxPods: 58 }).pods).toBe(58);
  });

  it("adds up what the system pods request on one node", () => {
    expect(systemRequests([])).toEqual({ cpuMillicores: 600, memoryMiB: 940, pods: 9 });
  });
});

describe("instance types", () => {
  it.each([
    ["c7i.xlarge", 4, 8192, "amd64", 58],
    ["m7g.large", 2, 8192, "arm64", 29],
    ["c8g.2xlarge", 8, 16384, "arm64", 58],
    ["r5.large", 2, 16384, "amd64", 29],
    ["t3.medium", 2, 4096, "amd64", 17],
    ["t3.large", 2, 8192, "amd64", 35],
  ])("knows %s", (name, vcpus, memoryMiB, architecture, maxPods) => {
    expect(instanceType(name)).toMatchObject({ name, vcpus, memoryMiB, architecture, maxPods });
  });

  it("has every family of the plan and a price for each type", () => {
    const families = new Set(INSTANCE_TYPES.map(({ name }) => name.split(".")[0]));
    expect([...families].sort()).toEqual(["c7a", "c7g", "c7i", "c8g", "m7a", "m7g", "m7i", "m8g", "r5", "t3"]);
    for (const { name } of INSTANCE_TYPES) expect(instanceHour(name)).toBeGreaterThan(0);
    expect(instanceType("p5.48xlarge")).toBeUndefined();
    expect(() => instanceHour("p5.48xlarge")).toThrow(
      "instance type (p5.48xlarge) has no price in planning/cost/prices.ts. Add it with its source.",
    );
  });
});
