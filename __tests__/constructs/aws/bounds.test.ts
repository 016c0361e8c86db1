import { TerraformStack, App } from "cdktf";

import { EncryptionKey } from "../../../constructs/aws/encryption-key";
import { ImageRepository } from "../../../constructs/aws/image-repository";
import { Network, type NetworkProps } from "../../../constructs/aws/network";
import { NodeGroup } from "../../../constructs/aws/node-group";
import { ServiceRole } from "../../../constructs/aws/service-role";
import { synthConstructs } from "../../helpers/synth-stack";

function build(create: (stack: TerraformStack) => void): () => void {
  return () => create(new TerraformStack(new App({ skipValidation: true }), "test"));
}

describe("network", () => {
  const network = (props: Partial<NetworkProps>) => (stack: TerraformStack) =>
    new Network(stack, "network", {
      name: "x",
      region: "eu-west-1",
      cidr: "10.0.0.0/20",
      zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
      natGateways: "single",
      ...props,
    });

  test("divides the smallest VPC into subnets that do not overlap", () => {
    const subnets = synthConstructs((stack) => void network({})(stack)).resources("aws_subnet");
    expect(subnets.map((subnet) => subnet["cidr_block"]).sort()).toEqual(
      ["10.0.0.0/23", "10.0.12.0/26", "10.0.12.128/26", "10.0.12.64/26", "10.0.2.0/23", "10.0.4.0/23"].sort(),
    );
  });

  test("refuses blocks and zones out of its bounds", () => {
    for (const cidr of ["10.0.0.0/15", "10.0.0.0/21", "ten"]) {
      expect(build(network({ cidr }))).toThrow(
        new Error(`VPC block "${cidr}": must be an IPv4 CIDR block of /16 to /20. Write one like "10.20.0.0/16".`),
      );
    }
    for (const cidr of ["10.0.0.0/16", "10.0.0.0/20"]) expect(build(network({ cidr }))).not.toThrow();
    for (const zones of [["a"], ["a", "b", "c", "d"]]) {
      expect(build(network({ zones }))).toThrow(
        `VPC zones [${zones.join(", ")}]: EKS needs two, and the layout has room for three. Name two or three.`,
      );
    }
  });

  test("knows the private subnet of its zones only", () => {
    expect(build((stack) => network({})(stack).privateSubnetId("eu-west-1d"))).toThrow(
      'Zone "eu-west-1d" has no private subnet: the network has eu-west-1a, eu-west-1b, eu-west-1c. Choose one of them.',
    );
  });
});

describe("encryption key", () => {
  const key = (deletionWindowDays?: number) => (stack: TerraformStack) =>
    new EncryptionKey(stack, "key", {
      alias: "x",
      description: "x",
      ...(deletionWindowDays === undefined ? {} : { deletionWindowDays }),
    });

  test("waits 30 days by default, 7 to 30 on demand", () => {
    const days = (window?: number) =>
      synthConstructs((stack) => void key(window)(stack)).one("aws_kms_key")["deletion_window_in_days"];
    expect([days(), days(7), days(30)]).toEqual([30, 7, 30]);
    for (const window of [6, 31]) {
      expect(build(key(window))).toThrow(
        `deletionWindowDays (${window}): KMS waits 7 to 30 days. Choose a number between.`,
      );
    }
  });
});

describe("image repository", () => {
  const kept = (keepImages?: number) =>
    synthConstructs(
      (stack) =>
        new ImageRepository(stack, "images", { name: "x", ...(keepImages === undefined ? {} : { keepImages }) }),
    );

  test("keeps 30 images by default, and refuses to keep none", () => {
    const count = (stack: ReturnType<typeof kept>) => {
      const policy = JSON.parse(String(stack.one("aws_ecr_lifecycle_policy")["policy"])) as {
        rules: { selection: { countNumber: number } }[];
      };
      return policy.rules.map(({ selection }) => selection.countNumber);
    };
    expect([count(kept()), count(kept(1))]).toEqual([
      [7, 30],
      [7, 1],
    ]);
    expect(kept().one("aws_ecr_repository")["force_delete"]).toBe(false);
    expect(() => kept(0)).toThrow(
      "keepImages (0): at least the running image must stay. Choose a whole number from 1.",
    );
  });
});

test("a node group refuses sizes out of order", () => {
  const sizes = { minSize: 1, desiredSize: 3, maxSize: 2 };
  const group = (stack: TerraformStack) =>
    new NodeGroup(stack, "nodes", {
      name: "x",
      clusterName: "x",
      kubernetesVersion: "1.35",
      subnetId: "subnet-1",
      instanceType: "c7i.xlarge",
      architecture: "amd64",
      capacityType: "SPOT",
      diskGiB: 40,
      ...sizes,
    });
  expect(build(group)).toThrow("Node group sizes (1, 3, 2): must be minSize <= desiredSize <= maxSize. Order them.");
});

test("a role name has 64 characters at most", () => {
  const role = (name: string) => (stack: TerraformStack) =>
    new ServiceRole(stack, "role", { name, description: "x", service: "ec2.amazonaws.com" });
  expect(build(role("r".repeat(64)))).not.toThrow();
  expect(build(role("r".repeat(65)))).toThrow(
    `IAM role name "${"r".repeat(65)}" (65 characters): IAM allows 64. Shorten the environment's name.`,
  );
});
