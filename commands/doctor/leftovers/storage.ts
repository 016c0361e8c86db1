/** What keeps data: volumes, logs, images. */
import { paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { paginateDescribeVolumes, type Volume } from "@aws-sdk/client-ec2";
import { paginateDescribeImages } from "@aws-sdk/client-ecr";

import { clusterName, imageRepositoryName } from "../../../config/names";
import { GP3 } from "../../../planning/catalogue/gp3";
import { PRICES } from "../../../planning/cost/prices";
import { type AwsClients, listed } from "../../lib/aws-clients";
import { clusterTag, type Leftover } from "./leftover";

/** Volumes of the cluster that no instance has: the EBS CSI driver tags its own so, and names the claim in another tag. */
export async function volumes({ ec2, region }: AwsClients, environment: string): Promise<Leftover[]> {
  const Filters = [
    { Name: "tag-key", Values: [clusterTag(clusterName(environment))] },
    { Name: "status", Values: ["available"] },
  ];
  const found = await listed(paginateDescribeVolumes({ client: ec2 }, { Filters }), ({ Volumes }) => Volumes);
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

const GB = 1e9;

export async function logGroups({ logs, region }: AwsClients, environment: string): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const service of ["eks", "vpc", "containerinsights"]) {
    const logGroupNamePrefix = `/aws/${service}/${clusterName(environment)}/`;
    const pages = paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix });
    for (const { logGroupName = "", storedBytes = 0, retentionInDays } of await listed(
      pages,
      (page) => page.logGroups,
    )) {
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

export async function images({ ecr, region }: AwsClients, environment: string): Promise<Leftover[]> {
  const repositoryName = imageRepositoryName(environment);
  try {
    const pages = paginateDescribeImages({ client: ecr }, { repositoryName });
    const found = await listed(pages, ({ imageDetails }) => imageDetails);
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
