import { INSTANCE_TYPES, instanceType, typesOfSameSize } from "../../../planning/catalogue/instance-types";

describe("types of the same size", () => {
  it.each([
    ["c7i.xlarge", ["c7i.xlarge", "c7a.xlarge"]],
    ["c7g.2xlarge", ["c7g.2xlarge", "c8g.2xlarge"]],
    ["r5.large", ["r5.large"]],
    ["t3.xlarge", ["t3.xlarge"]],
  ])("of %s are %j", (name, expected) => {
    expect(typesOfSameSize(name)).toEqual(expected);
  });

  it("hold the same pods on the same architecture", () => {
    for (const { name } of INSTANCE_TYPES) {
      const shapes = typesOfSameSize(name).map((each) => {
        const { architecture, vcpus, memoryMiB, maxPods } = instanceType(each) ?? {};
        return JSON.stringify({ architecture, vcpus, memoryMiB, maxPods });
      });
      expect(new Set(shapes).size).toBe(1);
    }
  });
});
