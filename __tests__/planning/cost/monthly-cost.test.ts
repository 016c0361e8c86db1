import { UnknownInstanceTypesError, compareInstances, type ComparisonInput } from "../../../planning/cost/comparison";
import { INSTANCE_TYPES, instanceType } from "../../../planning/catalogue/instance-types";
import { monthlyCost, type CostInput } from "../../../planning/cost/monthly-cost";
import { REFERENCE, throughput } from "../../../planning/capacity/throughput";

const instance = instanceType("c7i.xlarge");
if (instance === undefined) throw new Error("no c7i.xlarge");

const INPUT: CostInput = {
  instance,
  capacityType: "ON_DEMAND",
  nodes: 2,
  nodeDiskGiB: 40,
  volumes: 1,
  volumeGiB: 15,
  iops: 3000,
  throughputMiBps: 125,
  natGateways: 1,
  loadBalancer: null,
  logRetentionDays: 30,
  podLogRetentionDays: null,
  modelBytes: 2e9,
};

const line = (change: Partial<CostInput>, name: string): number =>
  monthlyCost({ ...INPUT, ...change }).lines.find((each) => each.name.startsWith(name))?.monthly ?? 0;

describe("monthly cost", () => {
  it("multiplies quantities and list prices", () => {
    const { lines, total } = monthlyCost(INPUT);
    expect(line({}, "EKS")).toBeCloseTo(73);
    expect(line({}, "nodes")).toBeCloseTo(2 * 0.1785 * 730);
    expect(line({}, "node disks")).toBeCloseTo(6.4);
    expect(line({}, "model cache")).toBeCloseTo(1.2);
    expect(line({}, "NAT")).toBeCloseTo(0.05 * 730 + 12 * 0.045);
    expect(line({}, "logs")).toBeCloseTo(4.24);
    expect(line({}, "key and images")).toBeCloseTo(1.1);
    expect(line({}, "traffic to the internet")).toBe(0);
    expect(lines.find(({ name }) => name === "traffic to the internet")?.basis).toBe(
      "10 GB; 100 GB of an account are free, then $0.09 a GB",
    );
    expect(lines.find(({ name }) => name === "key and images")?.basis).toBe(
      "1 KMS key ($1.00 more from each of two yearly rotations), 1 GB in ECR",
    );
    expect(total).toBeCloseTo(lines.reduce((sum, { monthly }) => sum + monthly, 0));
  });

  it("puts the dearest lines first, each with a way to cut it", () => {
    const { lines } = monthlyCost(INPUT);
    expect(lines.slice(0, 3).map(({ name }) => name)).toEqual([
      "nodes, c7i.xlarge",
      "EKS control plane",
      "NAT gateways",
    ]);
    for (const { cut, basis } of lines) expect([cut.length > 10, basis.length > 5]).toEqual([true, true]);
  });

  it("halves nodes on spot and no longer advises it", () => {
    expect(line({ capacityType: "SPOT" }, "nodes, c7i.xlarge spot")).toBeCloseTo(0.1785 * 730);
    const cut = (capacityType: CostInput["capacityType"]): string =>
      monthlyCost({ ...INPUT, capacityType }).lines[0]?.cut ?? "";
    expect(cut("ON_DEMAND")).toContain("SPOT");
    expect(monthlyCost({ ...INPUT, nodes: 3, capacityType: "SPOT" }).lines[0]?.cut).not.toContain("SPOT");
  });

  it("charges volumes above the baseline, every gateway, and the addresses of a load balancer", () => {
    expect(line({ iops: 4000 }, "model cache")).toBeCloseTo(1.2 + 5);
    expect(line({ throughputMiBps: 225 }, "model cache")).toBeCloseTo(1.2 + 4);
    expect(line({ volumes: 3 }, "model cache")).toBeCloseTo(3.6);
    expect(line({ natGateways: 3 }, "NAT")).toBeCloseTo(3 * 36.5 + 0.54);
    expect(line({ natGateways: 0 }, "NAT")).toBe(0);
    const balancer = (kind: "application" | "network", publicAddresses: number) =>
      line({ loadBalancer: { kind, publicAddresses } }, "load balancer");
    expect(balancer("network", 0)).toBeCloseTo(0.0285 * 730);
    expect(balancer("network", 2)).toBeCloseTo(0.0385 * 730);
    expect(balancer("application", 2)).toBeCloseTo(0.0405 * 730);
    expect(line({ logRetentionDays: 300 }, "logs")).toBeCloseTo(4 + 2.4);
    expect(line({ podLogRetentionDays: 60 }, "logs")).toBeCloseTo(5 + (8 + 4) * 0.03);
  });
});

describe("comparison of instance types", () => {
  const compare = (names: string[], addons: ComparisonInput["addons"] = []) =>
    compareInstances({ names, addons, pod: { cpuCores: 3, memoryMiB: 3000 }, modelBytes: 2_104_932_768 });

  it("sorts by dollars a token, and puts what holds no pod last", () => {
    const rows = compare(["c7i.xlarge", "c7g.large", "c8g.xlarge"]);
    expect(rows.map(({ name }) => name)).toEqual(["c8g.xlarge", "c7i.xlarge", "c7g.large"]);
    expect(rows[2]).toMatchObject({
      fits: false,
      largestPodCores: 0,
      tokensPerSecond: null,
      usdPerMillionTokens: null,
    });
  });

  it("prices a million tokens at the speed of the largest pod", () => {
    const [row] = compare(["c8g.xlarge"]);
    expect(row).toMatchObject({ fits: true, largestPodCores: 3 });
    expect(row?.onDemandMonth).toBeCloseTo(0.15952 * 730);
    expect(row?.usdPerMillionTokens).toBeCloseTo((0.15952 / ((row?.tokensPerSecond ?? 0) * 3600)) * 1e6);
  });

  it("says when the pod as configured has too many cores, although a smaller one fits", () => {
    expect(compare(["r5.large"])[0]).toMatchObject({ fits: false, largestPodCores: 1 });
  });

  it("leaves room for what the environment installs", () => {
    const [row] = compare(["c8g.xlarge"], ["keda", "load-balancer-controller"]);
    expect(row).toMatchObject({ fits: false, largestPodCores: 2 });
  });

  it("lists the known types when one is unknown", () => {
    expect(() => compare(["c8g.xlarge", "z9.huge"])).toThrow(UnknownInstanceTypesError);
    expect(() => compare(["z9.huge"])).toThrow(
      /^instance types \(z9\.huge\) are not in planning\/catalogue\/instance-types\.ts\. Known: c7i\.large, /,
    );
  });
});

describe("throughput", () => {
  const reference = INSTANCE_TYPES.find(({ name }) => name === "c8g.4xlarge");
  const bytes = REFERENCE.weightsGiB * 2 ** 30;

  it("gives the measured figures back for the machine of the measurement", () => {
    if (reference === undefined) throw new Error("no c8g.4xlarge");
    const same = { ...reference, processor: { ...reference.processor, relativeCore: 1, bandwidthPerVcpu: 100 } };
    const speed = throughput(bytes, { threads: 2, slots: 1, instance: same });
    expect(speed.decode).toBeCloseTo(REFERENCE.decodeTokensPerSecond);
    expect(speed.prefill).toBeCloseTo(REFERENCE.prefillTokensPerSecond);
    expect(speed.slowest).toBeCloseTo(REFERENCE.decodeTokensPerSecond / 2);
  });

  it("falls with the size of the model and is shared by the slots", () => {
    const one = throughput(bytes, { threads: 2, slots: 1 });
    expect(throughput(2 * bytes, { threads: 2, slots: 1 }).decode).toBeCloseTo(one.decode / 2);
    expect(throughput(bytes, { threads: 2, slots: 4 }).decodePerSlot).toBeCloseTo(one.decode / 4);
    expect(throughput(bytes, { threads: 4, slots: 1 }).decode).toBeCloseTo(one.decode * 2);
  });

  it("stops at twice the fair share of the memory bandwidth", () => {
    if (reference === undefined) throw new Error("no c8g.4xlarge");
    const starved = { ...reference, vcpus: 16, processor: { ...reference.processor, bandwidthPerVcpu: 0.5 } };
    const speed = throughput(2 ** 30, { threads: 15, slots: 1, instance: starved });
    expect(speed.decode).toBeCloseTo(16e9 / 2 ** 30);
  });
});
