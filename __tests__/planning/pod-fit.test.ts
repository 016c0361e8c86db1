import { instanceType, type InstanceType } from "../../planning/instance-types";
import { fitViolations, fleetViolation, podFit } from "../../planning/pod-fit";

const type = (name: string): InstanceType => {
  const found = instanceType(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

describe("pod fit", () => {
  const node = type("c7g.xlarge");

  it("leaves the chat pods what EKS and the system pods do not take", () => {
    expect(podFit(node, { cpuCores: 3, memoryMiB: 4096 })).toMatchObject({
      allocatable: { cpuMillicores: 3920, memoryMiB: 6525, pods: 58 },
      free: { cpuMillicores: 3320, memoryMiB: 5585, pods: 49 },
      largestPodCores: 3,
      podsPerNode: 1,
    });
  });

  it("accepts the largest pod and refuses one core or one MiB more", () => {
    const most = { cpuCores: 3, memoryMiB: 5585 };
    expect(fitViolations(podFit(node, most), most)).toEqual([]);
    const cores = { cpuCores: 4, memoryMiB: 4096 };
    expect(podFit(node, cores).podsPerNode).toBe(0);
    expect(fitViolations(podFit(node, cores), cores)).toEqual([
      {
        subject: "chat.cpuCores",
        actual: 4,
        rule: "does not fit c7g.xlarge: of 4000m, EKS leaves 3920m and the system pods take up to 600m, so 3320m are free",
        fix: "Set cpuCores to 3, or nodes.instanceType to c7g.2xlarge",
      },
    ]);
    const memory = { cpuCores: 3, memoryMiB: 5586 };
    expect(podFit(node, memory).podsPerNode).toBe(0);
    expect(fitViolations(podFit(node, memory), memory)).toEqual([
      {
        subject: "chat.memoryMiB",
        actual: 5586,
        rule: "does not fit c7g.xlarge: of 8192 MiB, EKS leaves 6525 and the system pods take up to 940, so 5585 MiB are free",
        fix: "Set nodes.instanceType to c7g.2xlarge",
      },
    ]);
  });

  it("story 3: refuses two cores on the r5.large of the story, which has two", () => {
    const pod = { cpuCores: 2, memoryMiB: 4096 };
    expect(fitViolations(podFit(type("r5.large"), pod), pod)).toMatchObject([
      { subject: "chat.cpuCores", fix: "Set cpuCores to 1, or nodes.instanceType to r5.xlarge" },
    ]);
  });

  it("takes a type of another family when its own is too small, and says so when none is large enough", () => {
    const wide = { cpuCores: 1, memoryMiB: 100_000 };
    expect(fitViolations(podFit(type("c7i.xlarge"), wide), wide)).toMatchObject([
      { fix: "Set nodes.instanceType to r5.4xlarge" },
    ]);
    const huge = { cpuCores: 64, memoryMiB: 1024 };
    expect(fitViolations(podFit(node, huge), huge)[0]?.fix).toContain("a type that is larger than any of the table");
  });

  it("refuses more replicas than the nodes hold", () => {
    const fit = podFit(node, { cpuCores: 3, memoryMiB: 4096 });
    expect(fleetViolation(fit, { replicas: 2, nodes: 2 })).toBeUndefined();
    expect(fleetViolation(fit, { replicas: 3, nodes: 2 })).toEqual({
      subject: "nodes.desiredSize",
      actual: 2,
      rule: "nodes hold 2 chat pods (1 on each c7g.xlarge), and up to 3 are asked for: the others would stay Pending, as nothing here adds nodes by itself",
      fix: "Set nodes.desiredSize to 3 or more",
    });
  });

  it("puts several small pods on one node", () => {
    const fit = podFit(node, { cpuCores: 1, memoryMiB: 1500 });
    expect(fit.podsPerNode).toBe(3);
    expect(fleetViolation(fit, { replicas: 3, nodes: 1 })).toBeUndefined();
    expect(fleetViolation(fit, { replicas: 4, nodes: 1 })?.rule).toContain("node holds 3 chat pods");
  });
});
