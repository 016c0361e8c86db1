import { podFit, typeThatFits } from "../../../planning/capacity/pod-fit";
import { INSTANCE_TYPES, instanceType, type InstanceType } from "../../../planning/catalogue/instance-types";

const type = (name: string): InstanceType => {
  const found = instanceType(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

describe("pod fit", () => {
  const node = type("c7g.xlarge");

  it("leaves the chat pods what EKS and the system pods do not take", () => {
    expect(podFit(node, { cpuCores: 3, memoryMiB: 4096 }, [])).toMatchObject({
      allocatable: { cpuMillicores: 3920, memoryMiB: 6525, pods: 58 },
      free: { cpuMillicores: 3320, memoryMiB: 5585, pods: 49 },
      largestPodCores: 3,
      podsPerNode: 1,
    });
  });

  it("holds the largest pod, and none with one core or one MiB more", () => {
    const held = (cpuCores: number, memoryMiB: number) => podFit(node, { cpuCores, memoryMiB }, []).podsPerNode;
    expect([held(3, 5585), held(4, 5585), held(3, 5586)]).toEqual([1, 0, 0]);
    expect(held(1, 1500)).toBe(3);
  });

  it("counts the pods of what the environment installs", () => {
    const pod = { cpuCores: 3, memoryMiB: 4096 };
    expect(podFit(node, pod, ["keda"])).toMatchObject({ free: { cpuMillicores: 3120, memoryMiB: 5385, pods: 47 } });
    expect(podFit(node, pod, ["keda", "load-balancer-controller"])).toMatchObject({
      free: { cpuMillicores: 2920, memoryMiB: 5129, pods: 45 },
      podsPerNode: 0,
    });
  });

  it("always leaves a core to what is no chat pod", () => {
    const shared = (cpuCores: number) => podFit(node, { cpuCores, memoryMiB: 1500 }, []).sharedCores;
    expect([shared(3), shared(2), shared(1), shared(4)]).toEqual([1, 2, 1, 4]);
    for (const each of INSTANCE_TYPES) {
      for (let cpuCores = 1; cpuCores <= each.vcpus; cpuCores++)
        expect(podFit(each, { cpuCores, memoryMiB: 256 }, []).sharedCores).toBeGreaterThan(0);
    }
  });
});

describe("a type that fits", () => {
  it("is of the same family where one is large enough", () => {
    expect(typeThatFits(type("c7g.xlarge"), { cpuCores: 4, memoryMiB: 4096 }, [])?.name).toBe("c7g.2xlarge");
  });

  it("has room for the pods of what the environment installs as well", () => {
    const pod = { cpuCores: 3, memoryMiB: 4096 };
    expect(typeThatFits(type("c7g.large"), pod, [])?.name).toBe("c7g.xlarge");
    expect(typeThatFits(type("c7g.large"), pod, ["keda", "load-balancer-controller"])?.name).toBe("c7g.2xlarge");
  });

  it("is of another family where its own is too small, and missing where none is large enough", () => {
    expect(typeThatFits(type("c7i.xlarge"), { cpuCores: 1, memoryMiB: 100_000 }, [])?.name).toBe("r5.4xlarge");
    expect(typeThatFits(type("c7i.xlarge"), { cpuCores: 64, memoryMiB: 1024 }, [])).toBeUndefined();
  });
});
