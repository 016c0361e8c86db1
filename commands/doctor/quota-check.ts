/**
 * Whether the account may run the nodes at all. New accounts may run 5 vCPUs or even none of a class, and the node group
 * then waits until it times out.
 */
import { DescribeInstancesCommand, type Instance } from "@aws-sdk/client-ec2";
import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";

import { instanceType } from "../../planning/catalogue/instance-types";
import { type AwsClients } from "../lib/aws-clients";
import { type Check, ok, problem, skipped, warning } from "./check";

/**
 * Quotas "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances" and "All Standard (...) Spot Instance
 * Requests", both in vCPUs. Codes: EC2 user guide, "Amazon EC2 instance type quotas".
 */
const QUOTA_CODES = { ON_DEMAND: "L-1216C47A", SPOT: "L-34B43A08" } as const;

const STANDARD_FAMILY = /^[acdhimrtz]\d/;

export const vcpuQuotaCheck: Check = {
  title: "vCPU quota",
  needsAws: true,
  run: async ({ aws, config }) => {
    if (aws === undefined || config.target !== "eks") return skipped("not an EKS cluster");
    const { instanceType: type, capacityType, desiredSize, maxSize } = config.nodes;
    const facts = instanceType(type);
    if (facts === undefined) return skipped(`${type} is not in the table of instance types`);
    const code = QUOTA_CODES[capacityType];
    const { Quota } = await aws.quotas.send(new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: code }));
    const quota = Quota?.Value ?? 0;
    const used = await usedVcpus(aws, capacityType === "SPOT");
    const free = quota - used;
    const summary = `${desiredSize} to ${maxSize} x ${type} = ${desiredSize * facts.vcpus} to ${maxSize * facts.vcpus} vCPUs; ${free} of ${quota} are free`;
    const fix = `Ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${code} --desired-value ${used + maxSize * facts.vcpus} --region ${config.region}`;
    if (quota < desiredSize * facts.vcpus) return problem(summary, fix);
    // What is running may be this very cluster, so a lack of free vCPUs is not yet a problem.
    return free < maxSize * facts.vcpus ? warning(summary, fix) : ok(summary);
  },
};

async function usedVcpus({ ec2 }: AwsClients, spot: boolean): Promise<number> {
  let used = 0;
  let token: string | undefined;
  do {
    const answer = await ec2.send(
      new DescribeInstancesCommand({
        Filters: [{ Name: "instance-state-name", Values: ["pending", "running"] }],
        ...(token === undefined ? {} : { NextToken: token }),
      }),
    );
    const instances = (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    used += instances
      .filter((instance) => counts(instance, spot))
      .reduce((sum, instance) => sum + vcpusOf(instance), 0);
    token = answer.NextToken;
  } while (token !== undefined && token !== "");
  return used;
}

function counts({ InstanceType, InstanceLifecycle }: Instance, spot: boolean): boolean {
  return STANDARD_FAMILY.test(InstanceType ?? "") && (InstanceLifecycle === "spot") === spot;
}

function vcpusOf({ CpuOptions }: Instance): number {
  return (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1);
}
