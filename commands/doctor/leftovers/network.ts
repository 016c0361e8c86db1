/** What the network consists of, and what AWS has put into it. */
import {
  DescribeAddressesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  paginateDescribeNatGateways,
} from "@aws-sdk/client-ec2";

import { HOURS_PER_MONTH, PRICES } from "../../../planning/cost/prices";
import { type AwsClients, listed } from "../../lib/aws-clients";
import { type Leftover, taggedWith } from "./leftover";

export async function natGateways({ ec2, region }: AwsClients, environment: string): Promise<Leftover[]> {
  const Filter = [...taggedWith(environment), { Name: "state", Values: ["available", "pending"] }];
  const found = await listed(paginateDescribeNatGateways({ client: ec2 }, { Filter }), (page) => page.NatGateways);
  return found.map(({ NatGatewayId = "", VpcId }) => ({
    kind: "NAT gateway",
    id: NatGatewayId,
    detail: `in ${VpcId ?? "?"}`,
    monthlyCost: PRICES.natGatewayHour * HOURS_PER_MONTH,
    remove: `aws ec2 delete-nat-gateway --nat-gateway-id ${NatGatewayId} --region ${region}`,
  }));
}

export async function addresses({ ec2, region }: AwsClients, environment: string): Promise<Leftover[]> {
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({ Filters: taggedWith(environment) }));
  return Addresses.map(({ AllocationId = "", PublicIp, AssociationId }) => ({
    kind: "public address",
    id: AllocationId,
    detail: `${PublicIp ?? "?"}${AssociationId === undefined ? "" : ", in use"}`,
    monthlyCost: PRICES.publicIpv4Hour * HOURS_PER_MONTH,
    remove: `aws ec2 release-address --allocation-id ${AllocationId} --region ${region}`,
  }));
}

/**
 * The VPC, and what GuardDuty has put into it: with an account-wide runtime monitoring it adds an endpoint and a security
 * group to every VPC with EKS nodes. Terraform does not know them, and the VPC cannot go before them.
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/runtime-monitoring-agent-resource-clean-up.html
 */
export async function vpcs({ ec2, region }: AwsClients, environment: string): Promise<Leftover[]> {
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({ Filters: taggedWith(environment) }));
  const found: Leftover[] = [];
  for (const { VpcId = "" } of Vpcs) {
    const inVpc = { Name: "vpc-id", Values: [VpcId] };
    const { VpcEndpoints = [] } = await ec2.send(
      new DescribeVpcEndpointsCommand({ Filters: [inVpc, { Name: "tag:GuardDutyManaged", Values: ["true"] }] }),
    );
    for (const { VpcEndpointId = "" } of VpcEndpoints) {
      found.push({
        kind: "GuardDuty endpoint",
        id: VpcEndpointId,
        detail: `in ${VpcId}, which cannot go before it`,
        monthlyCost: 0,
        remove: `aws ec2 delete-vpc-endpoints --vpc-endpoint-ids ${VpcEndpointId} --region ${region}`,
      });
    }
    const { SecurityGroups = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({
        Filters: [inVpc, { Name: "group-name", Values: [`GuardDutyManagedSecurityGroup-${VpcId}`] }],
      }),
    );
    for (const { GroupId = "" } of SecurityGroups) {
      found.push({
        kind: "GuardDuty security group",
        id: GroupId,
        detail: `in ${VpcId}; goes after the endpoint, some minutes later`,
        monthlyCost: 0,
        remove: `aws ec2 delete-security-group --group-id ${GroupId} --region ${region}`,
      });
    }
    found.push({
      kind: "VPC",
      id: VpcId,
      detail: "with its subnets and route tables",
      monthlyCost: 0,
      remove: `aws ec2 delete-vpc --vpc-id ${VpcId} --region ${region}`,
    });
  }
  return found;
}
