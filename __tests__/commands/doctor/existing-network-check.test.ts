import { existingNetworkCheck } from "../../../commands/doctor/existing-network-check";
import { type EksConfig } from "../../../config/schema";
import { doctorAnswers, doctorContext, eksConfig } from "../../helpers/doctor";
import { FakeAws, xml } from "../../helpers/fake-aws";
import { INTERNAL_LOAD_BALANCER } from "../../helpers/exposures";

const EXISTING = {
  vpcId: "vpc-1",
  subnets: {
    "us-east-1a": { id: "subnet-a", cidr: "10.0.0.0/24" },
    "us-east-1b": { id: "subnet-b", cidr: "10.0.1.0/24" },
  },
  loadBalancerSubnets: {},
};

interface SubnetFacts {
  readonly zone?: string;
  readonly vpc?: string;
  readonly cidr?: string;
  readonly free?: number;
  readonly tag?: string;
}

const subnet = (letter: string, cidr: string, facts: SubnetFacts = {}) =>
  `<item><subnetId>subnet-${letter}</subnetId><vpcId>${facts.vpc ?? "vpc-1"}</vpcId><availabilityZone>${facts.zone ?? `us-east-1${letter}`}</availabilityZone><cidrBlock>${facts.cidr ?? cidr}</cidrBlock><availableIpAddressCount>${facts.free ?? 200}</availableIpAddressCount><tagSet>${facts.tag === undefined ? "" : `<item><key>${facts.tag}</key><value>1</value></item>`}</tagSet></item>`;

const subnets = (a: SubnetFacts = {}, b: SubnetFacts = {}) =>
  xml("R", `<subnetSet>${subnet("a", "10.0.0.0/24", a)}${subnet("b", "10.0.1.0/24", b)}</subnetSet>`);

const routes = (target: string) =>
  xml(
    "R",
    `<routeTableSet><item><routeTableId>rtb-1</routeTableId><associationSet><item><main>true</main></item></associationSet><routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>${target}<state>active</state></item></routeSet></item></routeTableSet>`,
  );

const NAT = "<natGatewayId>nat-1</natGatewayId>";

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
  aws.answers = {
    ...doctorAnswers(),
    DescribeSubnets: subnets(),
    DescribeRouteTables: routes(NAT),
    DescribeVpcAttribute: xml(
      "R",
      "<enableDnsHostnames><value>true</value></enableDnsHostnames><enableDnsSupport><value>true</value></enableDnsSupport>",
    ),
  };
});
afterEach(() => aws.stop());

const check = (chat: Partial<EksConfig["chat"]> = {}, more: Partial<EksConfig> = {}) => {
  const config = eksConfig((eks) => ({
    ...eks,
    ...more,
    network: { ...eks.network, existing: EXISTING },
    chat: { ...eks.chat, ...chat },
  }));
  return existingNetworkCheck.run(doctorContext(aws, { config }));
};

it("is fine where zones, blocks, routes and addresses are as needed", async () => {
  expect(await check()).toEqual({ level: "ok", detail: "vpc-1: subnet-a, subnet-b" });
});

it("is not asked where the cluster stack makes the network", async () => {
  expect((await existingNetworkCheck.run(doctorContext(aws))).level).toBe("skipped");
  expect(aws.calls).toEqual([]);
});

it.each<[string, () => void, string]>([
  [
    "a subnet in another zone",
    () => (aws.answers.DescribeSubnets = subnets({ zone: "us-east-1c" })),
    "subnet-a: is in us-east-1c, not in us-east-1a",
  ],
  [
    "a subnet of another VPC",
    () => (aws.answers.DescribeSubnets = subnets({}, { vpc: "vpc-2" })),
    "subnet-b: is in vpc-2, not in vpc-1",
  ],
  [
    "another block",
    () => (aws.answers.DescribeSubnets = subnets({ cidr: "10.9.0.0/24" })),
    "subnet-a: has 10.9.0.0/24, not 10.0.0.0/24",
  ],
  [
    "too few addresses where the nodes are",
    () => (aws.answers.DescribeSubnets = subnets({ free: 79 }, { free: 16 })),
    "subnet-a: 79 free addresses, and 2 nodes need 80",
  ],
  [
    "too few addresses for the control plane",
    () => (aws.answers.DescribeSubnets = subnets({}, { free: 15 })),
    "subnet-b: 15 free addresses, and 0 nodes need 16",
  ],
  [
    "no way out",
    () => (aws.answers.DescribeRouteTables = xml("R", "<routeTableSet/>")),
    "subnet-a: has no default route, so nodes cannot pull their images; subnet-b: has no default route, so nodes cannot pull their images",
  ],
  [
    "a way out for public addresses only",
    () => (aws.answers.DescribeRouteTables = routes("<gatewayId>igw-1</gatewayId>")),
    "subnet-a: its default route is an internet gateway, which nodes without public addresses cannot use; " +
      "subnet-b: its default route is an internet gateway, which nodes without public addresses cannot use",
  ],
  [
    "no DNS",
    () =>
      (aws.answers.DescribeVpcAttribute = xml("R", "<enableDnsHostnames><value>false</value></enableDnsHostnames>")),
    "vpc-1: DNS hostnames are off; vpc-1: DNS support is off",
  ],
])("refuses %s", async (_, change, detail) => {
  change();
  expect(await check()).toEqual({
    level: "problem",
    detail,
    fix: 'Correct network.existing, or ask the owner of the VPC; the runbook has the section "The network is somebody else\'s".',
  });
});

it("asks for the tag by which an internal load balancer finds its subnets", async () => {
  expect((await check({ exposure: INTERNAL_LOAD_BALANCER })).detail).toBe(
    "subnet-a: lacks the tag kubernetes.io/role/internal-elb=1; subnet-b: lacks the tag kubernetes.io/role/internal-elb=1",
  );
  const tag = "kubernetes.io/role/internal-elb";
  aws.answers.DescribeSubnets = subnets({ tag }, { tag });
  expect((await check({ exposure: INTERNAL_LOAD_BALANCER })).level).toBe("ok");
});

it("asks for an endpoint for S3 where the model comes from a mirror", async () => {
  const modelMirror = { bucket: "team-models" };
  const endpoint = (type: string, table: string) =>
    xml(
      "R",
      `<vpcEndpointSet><item><vpcEndpointType>${type}</vpcEndpointType><routeTableIdSet><item>${table}</item></routeTableIdSet></item></vpcEndpointSet>`,
    );
  aws.answers.DescribeVpcEndpoints = xml("R", "<vpcEndpointSet/>");
  const missing = (id: string) =>
    `${id}: has no route to an endpoint for S3, without which the model mirror cannot be read`;
  expect((await check({}, { modelMirror })).detail).toBe(`${missing("subnet-a")}; ${missing("subnet-b")}`);
  aws.answers.DescribeVpcEndpoints = endpoint("Gateway", "rtb-2");
  expect((await check({}, { modelMirror })).level).toBe("problem");
  for (const answer of [endpoint("Gateway", "rtb-1"), endpoint("Interface", "rtb-2")]) {
    aws.answers.DescribeVpcEndpoints = answer;
    expect((await check({}, { modelMirror })).level).toBe("ok");
  }
});

it("compares the subnets of the load balancer too", async () => {
  const loadBalancerSubnets = { "us-east-1b": { id: "subnet-b", cidr: "10.0.9.0/24" } };
  const config = eksConfig((eks) => ({
    ...eks,
    network: { ...eks.network, existing: { ...EXISTING, loadBalancerSubnets } },
  }));
  expect((await existingNetworkCheck.run(doctorContext(aws, { config }))).detail).toBe(
    "subnet-b: has 10.0.1.0/24, not 10.0.9.0/24",
  );
});
