/**
 * Whether the account may run the nodes and their network at all. New accounts may run 5 vCPUs or even none of a class, and
 * the node group then waits until it times out.
 */
import { DescribeAddressesCommand, paginateDescribeInstances, type Instance, type Tag } from "@aws-sdk/client-ec2";
import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";

import { environmentTags } from "../../config/names";
import { natZones } from "../../config/node-zones";
import { type AwsClients, listed } from "../lib/aws-clients";
import { type Finding, ok, problem, skipped, warning } from "./check";
import { eksCheck } from "./eks-check";
import { type NodePool, nodePools, together } from "./node-pools";

/**
 * Quotas "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances" and "All Standard (...) Spot Instance
 * Requests" and "Running On-Demand G and VT instances", in vCPUs, and "EC2-VPC Elastic IPs". Codes: EC2 user guide, "Amazon EC2 instance type quotas", and the
 * AWS General Reference, "Amazon EC2 endpoints and quotas".
 */
const QUOTA_CODES = {
  ON_DEMAND: "L-1216C47A",
  SPOT: "L-34B43A08",
  GPU: "L-DB2E81BA",
  ELASTIC_IPS: "L-0263D0A3",
} as const;

const STANDARD_FAMILY = /^[acdhimrtz]\d/;

const GPU_FAMILY = /^(g|vt)\d/;

export const vcpuQuotaCheck = eksCheck("vCPU quota", async (aws, config) => {
  const findings: Finding[] = [];
  for (const pool of nodePools(config)) findings.push(await roomFor(aws, config.environment, pool));
  return together(findings);
});

async function roomFor(aws: AwsClients, environment: string, pool: NodePool): Promise<Finding> {
  const { instanceTypes, capacityType, desiredSize, maxSize, vcpus, gpu } = pool;
  const [type] = instanceTypes;
  if (vcpus === undefined) return skipped(`${type} is not in the table of instance types`);
  const [first, most] = [desiredSize * vcpus, maxSize * vcpus];
  return quotaFinding(aws, {
    code: QUOTA_CODES[gpu ? "GPU" : capacityType],
    what: `${desiredSize} to ${maxSize} x ${type} = ${first} to ${most} vCPUs`,
    first,
    most,
    usedByOthers: await vcpusOfOthers(aws, environment, gpu ? GPU_FAMILY : STANDARD_FAMILY, capacityType === "SPOT"),
  });
}

/** Each NAT gateway has an Elastic IP; an account may have five of them in a region. */
export const addressQuotaCheck = eksCheck("Elastic IP quota", async (aws, config) => {
  if (config.network.existing !== undefined) return skipped("the network is there already");
  const gateways = natZones(config).length;
  const { Addresses = [] } = await aws.ec2.send(new DescribeAddressesCommand({}));
  return quotaFinding(aws, {
    code: QUOTA_CODES.ELASTIC_IPS,
    what: `${gateways} for NAT gateways`,
    first: gateways,
    most: gateways,
    usedByOthers: Addresses.filter(({ Tags }) => !isOf(config.environment, Tags)).length,
  });
});

interface QuotaNeed {
  /** Code of a quota of EC2. */
  readonly code: string;
  /** What it is needed for. */
  readonly what: string;
  /** What the first deploy needs, and what may be needed later. */
  readonly first: number;
  readonly most: number;
  /** What this environment itself has in use stays free for it. */
  readonly usedByOthers: number;
}

async function quotaFinding({ quotas, region }: AwsClients, need: QuotaNeed): Promise<Finding> {
  const { code, what, first, most, usedByOthers } = need;
  const { Quota } = await quotas.send(new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: code }));
  const quota = Quota?.Value ?? 0;
  const free = quota - usedByOthers;
  const summary = `${what}; ${free} of ${quota} are free`;
  const fix = `Ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${code} --desired-value ${usedByOthers + most} --region ${region}`;
  if (free < first) return problem(summary, fix);
  return free < most ? warning(summary, fix) : ok(summary);
}

async function vcpusOfOthers({ ec2 }: AwsClients, environment: string, family: RegExp, spot: boolean): Promise<number> {
  const Filters = [{ Name: "instance-state-name", Values: ["pending", "running"] }];
  const running = await listed(paginateDescribeInstances({ client: ec2 }, { Filters }), ({ Reservations = [] }) =>
    Reservations.flatMap(({ Instances = [] }) => Instances),
  );
  return running
    .filter((instance) => counts(instance, family, spot) && !isOf(environment, instance.Tags))
    .reduce((sum, instance) => sum + vcpusOf(instance), 0);
}

function counts({ InstanceType, InstanceLifecycle }: Instance, family: RegExp, spot: boolean): boolean {
  return family.test(InstanceType ?? "") && (InstanceLifecycle === "spot") === spot;
}

function vcpusOf({ CpuOptions }: Instance): number {
  return (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1);
}

function isOf(environment: string, tags: readonly Tag[] = []): boolean {
  return Object.entries(environmentTags(environment)).every(([key, value]) =>
    tags.some(({ Key, Value }) => Key === key && Value === value),
  );
}
