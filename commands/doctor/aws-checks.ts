/** What AWS has to say about the configuration. */
import { DescribeAvailabilityZonesCommand, DescribeInstanceTypeOfferingsCommand } from "@aws-sdk/client-ec2";
import { DescribeClusterVersionsCommand } from "@aws-sdk/client-eks";
import { DescribeImagesCommand } from "@aws-sdk/client-ecr";
import { GetBucketVersioningCommand, HeadBucketCommand, S3ServiceException } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";

import { imageRepositoryName } from "../../config/names";
import { type AwsClients, awsProblem, isMissingCredentials, LOG_IN } from "../lib/aws-clients";
import { errorLine } from "../lib/command-line";
import { check, type Finding, ok, problem, skipped, warning } from "./check";
import { eksCheck } from "./eks-check";
import { standardSupportEnd, TABLE_DATE } from "./eks-versions";
import { type NodePool, nodePools, together } from "./node-pools";

export const credentialsCheck = eksCheck("AWS credentials", async ({ sts, region }) => {
  try {
    const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
    return ok(`account ${Account ?? "?"} as ${Arn ?? "?"}`);
  } catch (error) {
    if (isMissingCredentials(error)) return skipped("none found", LOG_IN);
    const found = awsProblem(error, region);
    return problem(found?.detail ?? errorLine(error), found?.fix ?? LOG_IN);
  }
});

/**
 * Places that EKS puts no control plane into. A zone's letter means another place in each account; its id does not.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
 */
const REFUSED_BY_EKS: readonly string[] = ["use1-az3", "usw1-az2", "cac1-az3"];

export const zonesCheck = eksCheck("region and zones", async ({ ec2 }, { region, network }) => {
  const { AvailabilityZones = [] } = await ec2.send(
    new DescribeAvailabilityZonesCommand({ AllAvailabilityZones: true }),
  );
  const available = AvailabilityZones.filter(
    ({ State, ZoneType }) => State === "available" && ZoneType === "availability-zone",
  );
  const usable = available.filter(({ ZoneId = "" }) => !REFUSED_BY_EKS.includes(ZoneId));
  const names = usable.flatMap(({ ZoneName }) => ZoneName ?? []);
  const unusable = network.zones.filter((zone) => !names.includes(zone));
  if (unusable.length === 0) return ok(`${region}: ${network.zones.join(", ")}`);
  const reasons = unusable.map((zone) => {
    const id = available.find(({ ZoneName }) => ZoneName === zone)?.ZoneId;
    return id === undefined
      ? `${zone}: not available to this account in ${region}`
      : `${zone} is ${id}, which EKS refuses`;
  });
  return problem(reasons.join("; "), `Set network.zones, or CAREPATH_ZONES, to two or three of ${names.join(", ")}.`);
});

/** Warn this long before the version costs six times as much. */
const SUPPORT_WARNING_DAYS = 60;

export const eksVersionCheck = check("EKS version", async ({ aws, config, now }) => {
  if (aws === undefined || config.target !== "eks") return skipped("not an EKS cluster");
  const version = config.cluster.kubernetesVersion;
  const answer = await supportEnd(aws, version);
  if (answer === undefined) {
    return warning(
      `${version} is in no list of versions known here (${TABLE_DATE})`,
      `Check: aws eks describe-cluster-versions --region ${config.region}`,
    );
  }
  const { end, source } = answer;
  const days = Math.floor((end.getTime() - now.getTime()) / 86_400_000);
  const date = end.toISOString().slice(0, 10);
  const fix = "Raise cluster.kubernetesVersion by one minor version, deploy, and repeat.";
  if (days < 0) return problem(`${version} left standard support on ${date} (${source})`, fix);
  if (days < SUPPORT_WARNING_DAYS)
    return warning(`${version} leaves standard support on ${date}, in ${days} days (${source})`, fix);
  return ok(`${version}, in standard support until ${date} (${source})`);
});

/** AWS knows best; the table answers when AWS cannot be asked. */
async function supportEnd(aws: AwsClients, version: string): Promise<{ end: Date; source: string } | undefined> {
  try {
    const { clusterVersions = [] } = await aws.eks.send(
      new DescribeClusterVersionsCommand({ clusterVersions: [version] }),
    );
    const end = clusterVersions[0]?.endOfStandardSupportDate;
    if (end !== undefined) return { end, source: "EKS" };
  } catch {
    // Falls through to the table.
  }
  const end = standardSupportEnd(version);
  return end === undefined ? undefined : { end, source: `calendar of ${TABLE_DATE}` };
}

export const instanceTypeCheck = eksCheck("instance type", async (aws, config) => {
  const findings: Finding[] = [];
  for (const pool of nodePools(config)) findings.push(await isOffered(aws, pool));
  return together(findings);
});

async function isOffered(
  { ec2 }: AwsClients,
  { instanceTypes, zones: wanted, setting, gpu }: NodePool,
): Promise<Finding> {
  const { InstanceTypeOfferings = [] } = await ec2.send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: "availability-zone",
      Filters: [{ Name: "instance-type", Values: [...instanceTypes] }],
    }),
  );
  const label = instanceTypes.join(" or ");
  const zones = [...new Set(InstanceTypeOfferings.flatMap(({ Location }) => Location ?? []))].sort();
  const without = wanted.filter((zone) => !zones.includes(zone));
  if (without.length === 0) return ok(`${label} is offered in ${wanted.join(", ")}`);
  if (zones.length === 0) return problem(`${label} is not offered in this region`, `Set ${setting} to another type.`);
  return problem(
    `${label} is not offered in ${without.join(", ")}`,
    gpu
      ? `Set network.zones to those of ${zones.join(", ")}.`
      : `Set nodes.zone to one of ${zones.join(", ")} (it must be among network.zones), or network.zones to several of them.`,
  );
}

export const stateBucketCheck = check("state", async ({ aws, config: { state, production, target } }) => {
  if (state.type === "local") {
    if (target !== "eks") return ok("a local file, as fits a cluster on this machine");
    const fix = "Run `npm run bootstrap-state` and put its two lines into the environment.";
    return production
      ? skipped("a local file, which production may not have")
      : warning("a local file: one person, one laptop", fix);
  }
  if (aws === undefined) return skipped(`bucket ${state.bucket}: AWS is not asked for an existing cluster`);
  const s3 = aws.s3(state.region);
  try {
    await s3.send(new HeadBucketCommand({ Bucket: state.bucket }));
  } catch (error) {
    if (isMissingCredentials(error)) return skipped("needs AWS credentials");
    return problem(
      `bucket ${state.bucket} ${bucketProblem(error, state.region)}`,
      "Create it with `npm run bootstrap-state`, or correct state.bucket and state.region, or ask for s3:ListBucket on it.",
    );
  }
  const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket: state.bucket }));
  if (Status === "Enabled") return ok(`bucket ${state.bucket} in ${state.region}, versioned`);
  return warning(
    `bucket ${state.bucket} keeps no versions`,
    `A broken state could not be undone: aws s3api put-bucket-versioning --bucket ${state.bucket} --versioning-configuration Status=Enabled`,
  );
});

export const imageCheck = eksCheck("image", async ({ ecr, region }, { environment, chat: { image } }) => {
  const own = imageRepositoryName(environment);
  const repository = image.repository === undefined ? own : ecrRepository(image.repository, region);
  if (repository === undefined)
    return skipped(
      `${image.repository ?? ""} is not an ECR repository in ${region}; the nodes must be able to pull it`,
    );
  if (image.digest === undefined && image.tag === undefined)
    return skipped("neither image.digest nor image.tag is set");
  const imageId = image.digest !== undefined ? { imageDigest: image.digest } : { imageTag: image.tag };
  const label = `${repository}${image.digest !== undefined ? `@${image.digest}` : `:${image.tag ?? ""}`}`;
  try {
    const { imageDetails = [] } = await ecr.send(
      new DescribeImagesCommand({ repositoryName: repository, imageIds: [imageId] }),
    );
    const pushed = imageDetails[0]?.imagePushedAt?.toISOString().slice(0, 10);
    return ok(`${label}${pushed === undefined ? "" : `, pushed ${pushed}`}`);
  } catch (error) {
    const kind = error instanceof Error ? error.name : "";
    if (kind === "RepositoryNotFoundException") {
      return warning(
        `repository ${repository} does not exist yet`,
        "It comes with the cluster stack: deploy that one, run `npm run image`, deploy the rest.",
      );
    }
    if (kind === "ImageNotFoundException") return problem(`${label} is not in the registry`, "Run `npm run image`.");
    throw error;
  }
});

/** S3 answers HEAD without a body, so there is nothing but the status to go by. */
function bucketProblem(error: unknown, region: string): string {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  if (status === undefined) return `cannot be asked for: ${errorLine(error)}`;
  if (status === 301) return `is in another region than ${region}`;
  if (status === 403) return "belongs to another account, or the right s3:ListBucket on it is missing";
  return status === 404 ? "does not exist" : `answers ${status}`;
}

/** `111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app` -> `team/app`, for this region only. */
function ecrRepository(repository: string, region: string): string | undefined {
  const match = /^\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/(.+)$/.exec(repository);
  return match?.[1] === region ? match[2] : undefined;
}
