/**
 * What a destroy can leave behind, with what it costs a month.
 *
 * Terraform deletes what it created. Volumes and load balancers are created by controllers inside the cluster: when the
 * cluster goes first, nothing is left that deletes them. Log groups are written to until the very end.
 */
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DescribeVolumesCommand,
  type Volume,
} from "@aws-sdk/client-ec2";
import { DescribeImagesCommand } from "@aws-sdk/client-ecr";
import {
  DescribeLoadBalancersCommand as DescribeClassicCommand,
  DescribeTagsCommand as DescribeClassicTagsCommand,
} from "@aws-sdk/client-elastic-load-balancing";
import { DescribeLoadBalancersCommand, DescribeTagsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";

import { clusterName, imageRepositoryName } from "../../config/names";
import { GP3 } from "../../planning/catalogue/gp3";
import { HOURS_PER_MONTH, PRICES } from "../../planning/cost/prices";
import { type AwsClients } from "../lib/aws-clients";

export interface Leftover {
  readonly kind: string;
  readonly id: string;
  /** What it was for, as far as its tags say. */
  readonly detail: string;
  /** USD a month at the list prices of planning/cost/prices.ts. */
  readonly monthlyCost: number;
  /** The command that deletes it. */
  readonly remove: string;
}

/** Calls AWS as long as it hands out a next page. */
async function allPages<T>(
  page: (token: string | undefined) => Promise<{ items: readonly T[]; next: string | undefined }>,
): Promise<T[]> {
  const found: T[] = [];
  let token: string | undefined;
  do {
    const { items, next } = await page(token);
    found.push(...items);
    token = next;
  } while (token !== undefined && token !== "");
  return found;
}

/** Everything that is left of an environment and nothing that is in use: volumes count when no instance has them. */
export async function findLeftovers(aws: AwsClients, environment: string): Promise<Leftover[]> {
  const cluster = clusterName(environment);
  const searches = [volumes, loadBalancers, classicLoadBalancers, natGateways, addresses, logGroups];
  const found: Leftover[] = [];
  for (const search of searches) found.push(...(await search(aws, cluster)));
  found.push(...(await images(aws, imageRepositoryName(environment))));
  return found.sort((a, b) => b.monthlyCost - a.monthlyCost || a.id.localeCompare(b.id, "en"));
}

/** The EBS CSI driver tags its volumes so (its `k8sTagClusterId`), and names the claim in another tag. */
const clusterTag = (cluster: string) => `kubernetes.io/cluster/${cluster}`;

async function volumes({ ec2, region }: AwsClients, cluster: string): Promise<Leftover[]> {
  const found = await allPages(async (NextToken) => {
    const answer = await ec2.send(
      new DescribeVolumesCommand({
        Filters: [
          { Name: "tag-key", Values: [clusterTag(cluster)] },
          { Name: "status", Values: ["available"] },
        ],
        NextToken,
      }),
    );
    return { items: answer.Volumes ?? [], next: answer.NextToken };
  });
  return found.map((volume) => {
    const id = volume.VolumeId ?? "";
    return {
      kind: "volume",
      id,
      detail: `${volume.Size ?? 0} GiB in ${volume.AvailabilityZone ?? "?"}${claimOf(volume)}`,
      monthlyCost: volumeCost(volume),
      remove: `aws ec2 delete-volume --volume-id ${id} --region ${region}`,
    };
  });
}

function claimOf({ Tags = [] }: Volume): string {
  const tag = (key: string) => Tags.find(({ Key }) => Key === key)?.Value;
  const claim = tag("kubernetes.io/created-for/pvc/name");
  const namespace = tag("kubernetes.io/created-for/pvc/namespace");
  return claim === undefined ? "" : `, claim ${namespace ?? "?"}/${claim}`;
}

function volumeCost({ Size = 0, Iops = 0, Throughput = 0 }: Volume): number {
  const extraIops = Math.max(0, Iops - GP3.baselineIops) * PRICES.gp3IopsMonth;
  const extraThroughput = Math.max(0, Throughput - GP3.baselineThroughputMiBps) * PRICES.gp3MibpsMonth;
  return Size * PRICES.gp3GbMonth + extraIops + extraThroughput;
}

async function loadBalancers({ loadBalancers: client, region }: AwsClients, cluster: string): Promise<Leftover[]> {
  const all = await allPages(async (Marker) => {
    const answer = await client.send(new DescribeLoadBalancersCommand({ Marker }));
    return { items: answer.LoadBalancers ?? [], next: answer.NextMarker };
  });
  const owned: Leftover[] = [];
  for (const group of groupsOf(all, 20)) {
    const arns = group.flatMap(({ LoadBalancerArn }) => LoadBalancerArn ?? []);
    const { TagDescriptions = [] } = await client.send(new DescribeTagsCommand({ ResourceArns: arns }));
    for (const { ResourceArn = "", Tags } of TagDescriptions) {
      if (!ownsTags(Tags, cluster)) continue;
      owned.push({
        kind: "load balancer",
        id: group.find(({ LoadBalancerArn }) => LoadBalancerArn === ResourceArn)?.LoadBalancerName ?? ResourceArn,
        detail: serviceOf(Tags),
        monthlyCost: PRICES.loadBalancerHour * HOURS_PER_MONTH,
        remove: `aws elbv2 delete-load-balancer --load-balancer-arn ${ResourceArn} --region ${region}`,
      });
    }
  }
  return owned;
}

async function classicLoadBalancers(
  { classicLoadBalancers: client, region }: AwsClients,
  cluster: string,
): Promise<Leftover[]> {
  const all = await allPages(async (Marker) => {
    const answer = await client.send(new DescribeClassicCommand({ Marker }));
    return { items: answer.LoadBalancerDescriptions ?? [], next: answer.NextMarker };
  });
  const owned: Leftover[] = [];
  for (const group of groupsOf(all, 20)) {
    const names = group.flatMap(({ LoadBalancerName }) => LoadBalancerName ?? []);
    const { TagDescriptions = [] } = await client.send(new DescribeClassicTagsCommand({ LoadBalancerNames: names }));
    for (const { LoadBalancerName = "", Tags } of TagDescriptions) {
      if (!ownsTags(Tags, cluster)) continue;
      owned.push({
        kind: "classic load balancer",
        id: LoadBalancerName,
        detail: serviceOf(Tags),
        // The price of a Network Load Balancer: that of a classic one is a little higher.
        monthlyCost: PRICES.loadBalancerHour * HOURS_PER_MONTH,
        remove: `aws elb delete-load-balancer --load-balancer-name ${LoadBalancerName} --region ${region}`,
      });
    }
  }
  return owned;
}

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** The in-tree controller and the AWS Load Balancer Controller mark theirs in different ways. */
function ownsTags(tags: readonly Tag[] | undefined, cluster: string): boolean {
  return (tags ?? []).some(
    ({ Key, Value }) => Key === clusterTag(cluster) || (Key === "elbv2.k8s.aws/cluster" && Value === cluster),
  );
}

function serviceOf(tags: readonly Tag[] | undefined): string {
  const service = (tags ?? []).find(
    ({ Key }) => Key === "kubernetes.io/service-name" || Key === "service.k8s.aws/stack",
  );
  return service?.Value === undefined ? "" : `for Service ${service.Value}`;
}

/** The resources of the cluster stack are named after the cluster. */
const named = (cluster: string) => [{ Name: "tag:Name", Values: [`${cluster}*`] }];

async function natGateways({ ec2, region }: AwsClients, cluster: string): Promise<Leftover[]> {
  const found = await allPages(async (NextToken) => {
    const Filter = [...named(cluster), { Name: "state", Values: ["available", "pending"] }];
    const answer = await ec2.send(new DescribeNatGatewaysCommand({ Filter, NextToken }));
    return { items: answer.NatGateways ?? [], next: answer.NextToken };
  });
  return found.map(({ NatGatewayId = "", VpcId }) => ({
    kind: "NAT gateway",
    id: NatGatewayId,
    detail: `in ${VpcId ?? "?"}`,
    monthlyCost: PRICES.natGatewayHour * HOURS_PER_MONTH,
    remove: `aws ec2 delete-nat-gateway --nat-gateway-id ${NatGatewayId} --region ${region}`,
  }));
}

async function addresses({ ec2, region }: AwsClients, cluster: string): Promise<Leftover[]> {
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({ Filters: named(cluster) }));
  return Addresses.map(({ AllocationId = "", PublicIp, AssociationId }) => ({
    kind: "public address",
    id: AllocationId,
    detail: `${PublicIp ?? "?"}${AssociationId === undefined ? "" : ", in use"}`,
    monthlyCost: PRICES.publicIpv4Hour * HOURS_PER_MONTH,
    remove: `aws ec2 release-address --allocation-id ${AllocationId} --region ${region}`,
  }));
}

const GB = 1e9;

async function logGroups({ logs, region }: AwsClients, cluster: string): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const logGroupNamePrefix of [`/aws/eks/${cluster}/`, `/aws/vpc/${cluster}`, `/${cluster}`]) {
    const groups = await allPages(async (nextToken) => {
      const answer = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix, nextToken }));
      return { items: answer.logGroups ?? [], next: answer.nextToken };
    });
    for (const { logGroupName = "", storedBytes = 0, retentionInDays } of groups) {
      found.push({
        kind: "log group",
        id: logGroupName,
        detail: `${(storedBytes / GB).toFixed(2)} GB, kept ${retentionInDays === undefined ? "without end" : `${retentionInDays} days`}`,
        monthlyCost: (storedBytes / GB) * PRICES.logStorageGbMonth,
        remove: `aws logs delete-log-group --log-group-name ${logGroupName} --region ${region}`,
      });
    }
  }
  return found;
}

async function images({ ecr, region }: AwsClients, repositoryName: string): Promise<Leftover[]> {
  try {
    const found = await allPages(async (nextToken) => {
      const answer = await ecr.send(new DescribeImagesCommand({ repositoryName, nextToken }));
      return { items: answer.imageDetails ?? [], next: answer.nextToken };
    });
    const bytes = found.reduce((sum, { imageSizeInBytes = 0 }) => sum + imageSizeInBytes, 0);
    return [
      {
        kind: "image repository",
        id: repositoryName,
        detail: `${found.length} images, ${(bytes / GB).toFixed(2)} GB`,
        monthlyCost: (bytes / GB) * PRICES.ecrGbMonth,
        remove: `aws ecr delete-repository --repository-name ${repositoryName} --force --region ${region}`,
      },
    ];
  } catch (error) {
    if (error instanceof Error && error.name === "RepositoryNotFoundException") return [];
    throw error;
  }
}

function groupsOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
