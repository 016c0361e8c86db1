import { ExistingNetwork } from "../../../constructs/aws/existing-network";

const network = new ExistingNetwork("vpc-1", { "eu-west-1a": { id: "subnet-a" }, "eu-west-1b": { id: "subnet-b" } });

it("gives the subnets of its zones, and waits for no route", () => {
  expect(network.privateSubnetIds).toEqual(["subnet-a", "subnet-b"]);
  expect(network.privateSubnetId("eu-west-1b")).toBe("subnet-b");
  expect(network.outboundRoutes).toEqual([]);
});

it("has no subnet in other zones", () => {
  expect(() => network.privateSubnetId("eu-west-1c")).toThrow(
    'Zone "eu-west-1c" has no existing subnet. Parse the configuration first.',
  );
});
