import { App, TerraformStack } from "cdktf";

import { Network } from "../../../constructs/aws/network";
import { synthConstructs } from "../../helpers/synth-stack";

const network = (stack: TerraformStack, zones: readonly string[] = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]) =>
  new Network(stack, "network", {
    name: "x",
    region: "eu-west-1",
    cidr: "10.0.0.0/20",
    zones,
    natZones: zones.slice(0, 1),
  });

it("divides the smallest VPC into subnets that do not overlap", () => {
  const subnets = synthConstructs((stack) => void network(stack)).resources("aws_subnet");
  expect(subnets.map((subnet) => subnet["cidr_block"]).sort()).toEqual(
    ["10.0.0.0/23", "10.0.12.0/26", "10.0.12.128/26", "10.0.12.64/26", "10.0.2.0/23", "10.0.4.0/23"].sort(),
  );
});

it("keeps the blocks of a zone when another zone comes or goes", () => {
  const blocks = (zones: readonly string[]) =>
    Object.fromEntries(
      synthConstructs((stack) => void network(stack, zones))
        .resources("aws_subnet")
        .map((subnet) => [(subnet["tags"] as { Name: string }).Name, subnet["cidr_block"]]),
    );
  const before = blocks(["eu-west-1a", "eu-west-1b"]);
  const after = blocks(["eu-west-1b", "eu-west-1f"]);
  expect(after["x-private-eu-west-1b"]).toBe(before["x-private-eu-west-1b"]);
  expect(after["x-public-eu-west-1b"]).toBe(before["x-public-eu-west-1b"]);
  const taken = Object.values(before);
  expect([after["x-private-eu-west-1f"], after["x-public-eu-west-1f"]].filter((each) => taken.includes(each))).toEqual(
    [],
  );
  expect(after["x-private-eu-west-1f"]).toBe("10.0.10.0/23");
});

it("refuses a zone without a block", () => {
  expect(() => synthConstructs((stack) => void network(stack, ["eu-west-1a", "eu-west-1g"]))).toThrow(
    'Zone "eu-west-1g" has no subnet block. Parse the configuration first.',
  );
});

it("knows the private subnet of its zones only", () => {
  const three = network(new TerraformStack(new App({ skipValidation: true }), "test"));
  expect(() => three.privateSubnetId("eu-west-1d")).toThrow(
    'Zone "eu-west-1d" has no private subnet: the network has eu-west-1a, eu-west-1b, eu-west-1c. Choose one of them.',
  );
});
