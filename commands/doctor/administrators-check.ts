import { DescribeAccessEntryCommand, DescribeClusterCommand } from "@aws-sdk/client-eks";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";

import { clusterName, PROJECT } from "../../config/names";
import { type AwsClients } from "../lib/aws-clients";
import { ok, problem, skipped } from "./check";
import { eksCheck } from "./eks-check";

/**
 * EKS gives the creator of a cluster an access entry, and answers 409 to a second one of the same principal. Before the first
 * deploy the creator is the caller; afterwards it is whoever has an entry that does not carry the tags of this project.
 */
export const administratorsCheck = eksCheck("administrators", async (aws, { environment, cluster }) => {
  const listed = cluster.adminPrincipalArns;
  if (listed.length === 0) return skipped("none besides the creator of the cluster");
  const name = clusterName(environment);
  const creators = (await exists(aws, name)) ? await entriesOfOthers(aws, name, listed) : await callers(aws, listed);
  if (creators.length === 0) return ok(listed.join(", "));
  return problem(
    `${creators.join(", ")}: has its access entry as the creator of the cluster, and EKS refuses a second one (409)`,
    "Take it out of CAREPATH_ADMIN_ARNS or cluster.adminPrincipalArns: the creator is an administrator already.",
  );
});

async function exists({ eks }: AwsClients, name: string): Promise<boolean> {
  return (await found(() => eks.send(new DescribeClusterCommand({ name })))) !== undefined;
}

async function entriesOfOthers({ eks }: AwsClients, name: string, listed: readonly string[]): Promise<string[]> {
  const others: string[] = [];
  for (const principalArn of listed) {
    const answer = await found(() => eks.send(new DescribeAccessEntryCommand({ clusterName: name, principalArn })));
    if (answer?.accessEntry !== undefined && answer.accessEntry.tags?.["Project"] !== PROJECT)
      others.push(principalArn);
  }
  return others;
}

async function callers({ sts }: AwsClients, listed: readonly string[]): Promise<string[]> {
  const { Arn = "" } = await sts.send(new GetCallerIdentityCommand({}));
  return listed.filter((principal) => principalKey(principal) === principalKey(Arn));
}

/**
 * Account, kind and name. The ARN of a session has no path and says `assumed-role/NAME/SESSION`; names of roles are unique
 * without their path.
 */
function principalKey(arn: string): string | undefined {
  const match = /^arn:[\w-]+:(?:iam|sts)::(\d+):(?:(assumed-role)\/([^/]+)\/|(role|user)\/(?:.*\/)?([^/]+)$)/.exec(arn);
  if (match === null) return undefined;
  const [, account, session, sessionRole, kind, name] = match;
  return session === undefined
    ? `${account ?? ""} ${kind ?? ""} ${name ?? ""}`
    : `${account ?? ""} role ${sessionRole ?? ""}`;
}

/** Undefined for what does not exist. */
async function found<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
    throw error;
  }
}
