import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group";
import { Eip } from "@cdktf/provider-aws/lib/eip";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway";
import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

import { ZONE_LETTERS } from "../../planning/catalogue/aws-regions";
import { type CidrBlock, formatCidr, parseCidr, subnetBlock } from "../../planning/cidr";

export interface NetworkProps {
  /** Prefix of every name. */
  readonly name: string;
  readonly region: string;
  /** /16 to /20. */
  readonly cidr: string;
  /** Two or three. */
  readonly zones: readonly string[];
  /** Zones with a NAT gateway, at least one: the zones with nodes. The first of them serves the other zones as well. */
  readonly natZones: readonly string[];
}

/** The network that a cluster is put into. */
export interface ClusterNetwork {
  readonly vpcId: string;
  readonly privateSubnetIds: string[];
  /** For `dependsOn` of what needs the internet to start: nodes pull their images through NAT. */
  readonly outboundRoutes: readonly ITerraformDependable[];
  /** @throws Error for a zone that the network does not have */
  privateSubnetId(zone: string): string;
}

/** Each private subnet is an eighth of the VPC: every pod takes an address of it. */
const PRIVATE_BITS = 3;
/** Public subnets hold NAT gateways and load balancers only: an eighth of the seventh eighth. */
const PUBLIC_BITS = 6;
const FIRST_PUBLIC = ZONE_LETTERS.length * 2 ** (PUBLIC_BITS - PRIVATE_BITS);

export interface PublicSubnet {
  readonly zone: string;
  /** Value of its tag `Name`, by which the AWS Load Balancer Controller finds it too. */
  readonly subnetName: string;
  readonly cidr: string;
}

/** The public subnets of a VPC of this project; the NetworkPolicy of the pods admits them as the load balancer's. */
export function publicSubnets(name: string, cidr: string, zones: readonly string[]): PublicSubnet[] {
  const block = vpcBlock(cidr);
  return zones.map((zone) => ({
    zone,
    subnetName: `${name}-public-${zone}`,
    cidr: formatCidr(subnetBlock(block, PUBLIC_BITS, FIRST_PUBLIC + zoneNumber(zone))),
  }));
}

function vpcBlock(cidr: string): CidrBlock {
  const block = parseCidr(cidr);
  if (block === undefined) throw new Error(`VPC block "${cidr}" is not a CIDR block. Parse the configuration first.`);
  return block;
}

/**
 * A VPC over two or three zones, each with a private and a public subnet. The blocks of a zone follow its letter, so that
 * another zone in the list takes none that is in use.
 *
 * Nothing gets a public address by itself. The subnets carry the tags by which load balancers are placed
 * (https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html). The S3 endpoint is a gateway: it costs nothing,
 * and image layers, which ECR keeps in S3, no longer pay for NAT. The default security group permits nothing.
 */
export class Network extends Construct implements ClusterNetwork {
  readonly vpc: Vpc;
  readonly vpcId: string;
  readonly #privateByZone = new Map<string, Subnet>();
  readonly #routes: Route[] = [];
  readonly #internetGateway: InternetGateway;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { name, region, zones, natZones } = props;
    const block = vpcBlock(props.cidr);
    this.vpc = new Vpc(this, "vpc", {
      cidrBlock: props.cidr,
      // Both are needed for the private endpoint of the cluster.
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: name },
    });
    this.vpcId = this.vpc.id;
    new DefaultSecurityGroup(this, "default-security-group", { vpcId: this.vpc.id, tags: { Name: `${name}-unused` } });

    this.#internetGateway = new InternetGateway(this, "internet-gateway", {
      vpcId: this.vpc.id,
      tags: { Name: name },
    });
    const publicTable = this.#publicRoutes(name);
    const gatewaySubnets = publicSubnets(name, props.cidr, zones).map(({ zone, subnetName, cidr: cidrBlock }) => {
      const subnet = new Subnet(this, `public-${zone}`, {
        vpcId: this.vpc.id,
        availabilityZone: zone,
        cidrBlock,
        mapPublicIpOnLaunch: false,
        tags: { Name: subnetName, "kubernetes.io/role/elb": "1" },
      });
      new RouteTableAssociation(this, `public-route-${zone}`, { subnetId: subnet.id, routeTableId: publicTable.id });
      return { zone, subnet };
    });
    const gateways = new Map(
      gatewaySubnets
        .filter(({ zone }) => natZones.includes(zone))
        .map(({ zone, subnet }) => [zone, this.#natGateway(name, zone, subnet)]),
    );
    const [firstGateway] = gateways.values();

    const privateTables = zones.map((zone) => {
      const subnet = new Subnet(this, `private-${zone}`, {
        vpcId: this.vpc.id,
        availabilityZone: zone,
        cidrBlock: formatCidr(subnetBlock(block, PRIVATE_BITS, zoneNumber(zone))),
        mapPublicIpOnLaunch: false,
        tags: { Name: `${name}-private-${zone}`, "kubernetes.io/role/internal-elb": "1" },
      });
      this.#privateByZone.set(zone, subnet);
      const table = new RouteTable(this, `private-routes-${zone}`, {
        vpcId: this.vpc.id,
        tags: { Name: `${name}-private-${zone}` },
      });
      new RouteTableAssociation(this, `private-route-${zone}`, { subnetId: subnet.id, routeTableId: table.id });
      const gateway = gateways.get(zone) ?? firstGateway;
      if (gateway !== undefined) {
        this.#routes.push(
          new Route(this, `nat-route-${zone}`, {
            routeTableId: table.id,
            destinationCidrBlock: "0.0.0.0/0",
            natGatewayId: gateway.id,
          }),
        );
      }
      return table;
    });
    new VpcEndpoint(this, "s3-endpoint", {
      vpcId: this.vpc.id,
      serviceName: `com.amazonaws.${region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: privateTables.map((table) => table.id),
      tags: { Name: `${name}-s3` },
    });
  }

  get privateSubnetIds(): string[] {
    return [...this.#privateByZone.values()].map((subnet) => subnet.id);
  }

  get outboundRoutes(): readonly Route[] {
    return this.#routes;
  }

  privateSubnetId(zone: string): string {
    const subnet = this.#privateByZone.get(zone);
    if (subnet !== undefined) return subnet.id;
    const zones = [...this.#privateByZone.keys()].join(", ");
    throw new Error(`Zone "${zone}" has no private subnet: the network has ${zones}. Choose one of them.`);
  }

  #publicRoutes(name: string): RouteTable {
    const table = new RouteTable(this, "public-routes", { vpcId: this.vpc.id, tags: { Name: `${name}-public` } });
    new Route(this, "internet-route", {
      routeTableId: table.id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: this.#internetGateway.id,
    });
    return table;
  }

  /**
   * A NAT gateway needs an internet gateway that is attached to its VPC, and nothing in its arguments says so.
   * @see https://registry.terraform.io/providers/hashicorp/aws/6.25.0/docs/resources/nat_gateway
   */
  #natGateway(name: string, zone: string, subnet: Subnet): NatGateway {
    const address = new Eip(this, `nat-address-${zone}`, { domain: "vpc", tags: { Name: `${name}-nat-${zone}` } });
    return new NatGateway(this, `nat-${zone}`, {
      allocationId: address.id,
      subnetId: subnet.id,
      tags: { Name: `${name}-${zone}` },
      dependsOn: [this.#internetGateway],
    });
  }
}

/** 0 for zone a. @throws Error for a letter that has no block */
function zoneNumber(zone: string): number {
  const number = ZONE_LETTERS.indexOf(zone.slice(-1));
  if (number < 0) throw new Error(`Zone "${zone}" has no subnet block. Parse the configuration first.`);
  return number;
}
