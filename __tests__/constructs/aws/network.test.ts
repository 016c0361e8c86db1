import { App, TerraformStack } from "cdktf";

import { Network } from "../../../constructs/aws/network";
import { synthConstructs } from "../../helpers/synth-stack";

const network = (stack: TerraformStack) =>
  new Network(stack, "network", {
    name: "x",
    region: "eu-west-1",
    cidr: "10.0.0.0/20",
    zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
    natGateways: "single",
  });

it("divides the smallest VPC into subnets that do not overlap", () => {
  const subnets = synthConstructs((stack) => void network(stack)).resources("aws_subnet");
  expect(subnets.map((subnet) => subnet["cidr_block"]).sort()).toEqual(
    ["10.0.0.0/23", "10.0.12.0/26", "10.0.12.128/26", "10.0.12.64/26", "10.0.2.0/23", "10.0.4.0/23"].sort(),
  );
});

it("knows the private subnet of its zones only", () => {
  const three = network(new TerraformStack(new App({ skipValidation: true }), "test"));
  expect(() => three.privateSubnetId("eu-west-1d")).toThrow(
    'Zone "eu-west-1d" has no private subnet: the network has eu-west-1a, eu-west-1b, eu-west-1c. Choose one of them.',
  );
});
