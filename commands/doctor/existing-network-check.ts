import {
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  type EC2Client,
  type RouteTable,
  type Subnet,
} from "@aws-sdk/client-ec2";

import { nodesByZone } from "../../config/node-zones";
import { type EksConfig } from "../../config/schema";
import { ok, problem, skipped } from "./check";
import { eksCheck } from "./eks-check";

/** EKS puts interfaces of the control plane into each subnet. @see https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html */
const CONTROL_PLANE_ADDRESSES = 16;

/** A node holds the addresses of one network interface in use and of one in reserve. */
const ADDRESSES_OF_NODE = 32;

const INTERNAL_TAG = "kubernetes.io/role/internal-elb";
const PUBLIC_TAG = "kubernetes.io/role/elb";

/** A VPC that is there already must offer what the cluster stack would have made. */
export const existingNetworkCheck = eksCheck("existing network", async ({ ec2 }, config) => {
  const { existing } = config.network;
  if (existing === undefined) return skipped("the cluster stack makes its own");
  const ids = Object.values(existing.subnets).map(({ id }) => id);
  const balancerIds = Object.values(existing.loadBalancerSubnets).map(({ id }) => id);
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...ids, ...balancerIds] }));
  const { RouteTables = [] } = await ec2.send(
    new DescribeRouteTablesCommand({ Filters: [{ Name: "vpc-id", Values: [existing.vpcId] }] }),
  );
  const found = [
    ...(await dnsProblems(ec2, existing.vpcId)),
    ...[existing.subnets, existing.loadBalancerSubnets].flatMap((group) =>
      placeProblems(existing.vpcId, group, Subnets),
    ),
    ...Object.keys(existing.subnets).flatMap((zone) => nodeSubnetProblems(zone, config, Subnets, RouteTables)),
    ...(await loadBalancerProblems(ec2, config, Subnets)),
    ...(await mirrorProblems(ec2, config, RouteTables)),
  ];
  if (found.length === 0) return ok(`${existing.vpcId}: ${ids.join(", ")}`);
  return problem(
    found.join("; "),
    'Correct network.existing, or ask the owner of the VPC; the runbook has the section "The network is somebody else\'s".',
  );
});

/** Both are needed for the private address of the Kubernetes API. */
async function dnsProblems(ec2: EC2Client, VpcId: string): Promise<string[]> {
  const names = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsHostnames" }));
  const support = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsSupport" }));
  return [
    ...(names.EnableDnsHostnames?.Value === true ? [] : [`${VpcId}: DNS hostnames are off`]),
    ...(support.EnableDnsSupport?.Value === true ? [] : [`${VpcId}: DNS support is off`]),
  ];
}

type Places = Readonly<Record<string, { readonly id: string; readonly cidr: string }>>;

/** Zone, VPC and block must be those of the configuration. */
function placeProblems(vpcId: string, places: Places, subnets: readonly Subnet[]): string[] {
  return Object.entries(places).flatMap(([zone, { id, cidr }]) => {
    const subnet = subnets.find(({ SubnetId }) => SubnetId === id);
    if (subnet === undefined) return [`${id}: does not exist`];
    const { AvailabilityZone, VpcId, CidrBlock } = subnet;
    return [
      ...(VpcId === vpcId ? [] : [`${id}: is in ${VpcId ?? "?"}, not in ${vpcId}`]),
      ...(AvailabilityZone === zone ? [] : [`${id}: is in ${AvailabilityZone ?? "?"}, not in ${zone}`]),
      ...(CidrBlock === cidr ? [] : [`${id}: has ${CidrBlock ?? "?"}, not ${cidr}`]),
    ];
  });
}

function nodeSubnetProblems(
  zone: string,
  config: EksConfig,
  subnets: readonly Subnet[],
  tables: readonly RouteTable[],
): string[] {
  const id = config.network.existing?.subnets[zone]?.id;
  const subnet = subnets.find(({ SubnetId }) => SubnetId === id);
  if (id === undefined || subnet === undefined) return [];
  const free = subnet.AvailableIpAddressCount ?? 0;
  const nodes = nodesByZone(config).find((each) => each.zone === zone)?.maxSize ?? 0;
  const needed = CONTROL_PLANE_ADDRESSES + nodes * ADDRESSES_OF_NODE;
  const route = wayOut(id, tables);
  return [
    ...(free >= needed ? [] : [`${id}: ${free} free addresses, and ${nodes} nodes need ${needed}`]),
    ...(route === undefined ? [] : [`${id}: ${route}`]),
  ];
}

/** What is wrong with the default route of a subnet: nodes have private addresses, and pull their images through it. */
function wayOut(subnetId: string, tables: readonly RouteTable[]): string | undefined {
  const route = tableOf(subnetId, tables)?.Routes?.find(
    ({ DestinationCidrBlock }) => DestinationCidrBlock === "0.0.0.0/0",
  );
  if (route === undefined) return "has no default route, so nodes cannot pull their images";
  if (route.State === "blackhole") return "its default route leads to what is gone";
  if (route.GatewayId?.startsWith("igw-") === true) {
    return "its default route is an internet gateway, which nodes without public addresses cannot use";
  }
  return undefined;
}

/** A subnet without a table of its own has the main one of the VPC. */
function tableOf(subnetId: string, tables: readonly RouteTable[]): RouteTable | undefined {
  const own = tables.find(({ Associations = [] }) => Associations.some((each) => each.SubnetId === subnetId));
  return own ?? tables.find(({ Associations = [] }) => Associations.some((each) => each.Main === true));
}

/** The bucket of the mirror answers nothing that comes in another way. */
async function mirrorProblems(
  ec2: EC2Client,
  { network: { existing }, modelMirror, region }: EksConfig,
  tables: readonly RouteTable[],
): Promise<string[]> {
  if (existing === undefined || modelMirror === undefined) return [];
  const Filters = [
    { Name: "vpc-id", Values: [existing.vpcId] },
    { Name: "service-name", Values: [`*.${region}.s3`] },
  ];
  const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({ Filters }));
  if (VpcEndpoints.some(({ VpcEndpointType }) => VpcEndpointType === "Interface")) return [];
  const connected = VpcEndpoints.flatMap(({ RouteTableIds = [] }) => RouteTableIds);
  return Object.values(existing.subnets)
    .filter(({ id }) => !connected.includes(tableOf(id, tables)?.RouteTableId ?? ""))
    .map(({ id }) => `${id}: has no route to an endpoint for S3, without which the model mirror cannot be read`);
}

/** A Network Load Balancer is placed by tags, that of `https` by ids. */
async function loadBalancerProblems(
  ec2: EC2Client,
  { network: { existing }, chat: { exposure } }: EksConfig,
  subnets: readonly Subnet[],
): Promise<string[]> {
  if (existing === undefined || exposure.type !== "load-balancer") return [];
  if (exposure.scheme === "internal") {
    const nodeIds = Object.values(existing.subnets).map(({ id }) => id);
    const ofNodes = subnets.filter(({ SubnetId = "" }) => nodeIds.includes(SubnetId));
    const untagged = ofNodes.filter(({ Tags = [] }) => !Tags.some(({ Key }) => Key === INTERNAL_TAG));
    return untagged.map(({ SubnetId }) => `${SubnetId ?? "?"}: lacks the tag ${INTERNAL_TAG}=1`);
  }
  const Filters = [
    { Name: "vpc-id", Values: [existing.vpcId] },
    { Name: "tag-key", Values: [PUBLIC_TAG] },
  ];
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
  return Subnets.length >= 2
    ? []
    : [`${existing.vpcId}: has ${Subnets.length} subnets with the tag ${PUBLIC_TAG}=1, and two are needed`];
}
