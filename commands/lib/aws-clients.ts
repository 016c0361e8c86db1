/** The AWS clients of the commands, all for one region. */
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ECRClient } from "@aws-sdk/client-ecr";
import { EKSClient } from "@aws-sdk/client-eks";
import { ElasticLoadBalancingClient } from "@aws-sdk/client-elastic-load-balancing";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { S3Client } from "@aws-sdk/client-s3";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";

import { errorLine } from "./command-line";

export interface AwsOptions {
  readonly region: string;
  /** One address for every service, for tests. @default the service's own, or AWS_ENDPOINT_URL */
  readonly endpoint?: string;
  /** @default the usual chain: environment, profile, SSO, instance role */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export function awsClients({ region, endpoint, credentials }: AwsOptions) {
  const common = {
    region,
    maxAttempts: 2,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  return {
    region,
    sts: new STSClient(common),
    ec2: new EC2Client(common),
    eks: new EKSClient(common),
    ecr: new ECRClient(common),
    quotas: new ServiceQuotasClient(common),
    ssm: new SSMClient(common),
    logs: new CloudWatchLogsClient(common),
    loadBalancers: new ElasticLoadBalancingV2Client(common),
    classicLoadBalancers: new ElasticLoadBalancingClient(common),
    /** The bucket of the state may be in another region than the cluster. */
    s3: (bucketRegion: string) =>
      new S3Client({ ...common, region: bucketRegion, ...(endpoint === undefined ? {} : { forcePathStyle: true }) }),
  };
}

export type AwsClients = ReturnType<typeof awsClients>;

/** What the pages of an answer list, all together. */
export async function listed<Page, Item>(
  pages: AsyncIterable<Page>,
  items: (page: Page) => readonly Item[] | undefined,
): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of pages) found.push(...(items(page) ?? []));
  return found;
}

/** True for "there are no credentials at all", as opposed to credentials that AWS refuses. */
export function isMissingCredentials(error: unknown): boolean {
  return error instanceof Error && error.name === "CredentialsProviderError";
}

/** Why AWS did not answer a question, and what to do about it. */
export interface AwsProblem {
  readonly detail: string;
  readonly fix: string;
}

/** How to become known to AWS. */
export const LOG_IN =
  "Log in (`aws sso login --profile NAME`) and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.";

/** What AWS calls credentials that it knows nothing of, or not any more. */
const REFUSED = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "RequestExpired",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
]);

/** The words for an error of a client: no credentials, refused ones, no network; undefined for any other answer. */
export function awsProblem(error: unknown, region: string): AwsProblem | undefined {
  if (!(error instanceof Error)) return undefined;
  if (isMissingCredentials(error)) return { detail: "no AWS credentials were found", fix: LOG_IN };
  if (REFUSED.has(error.name))
    return { detail: `AWS in ${region} does not accept the credentials: ${errorLine(error)}`, fix: LOG_IN };
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  if ($metadata === undefined || $metadata.httpStatusCode !== undefined) return undefined;
  return {
    detail: `AWS in ${region} cannot be reached: ${errorLine(error)}`,
    fix: "Check the network, the region and the proxy of this machine, then try again.",
  };
}

/** What to throw for an error of a client: its words, after `lead`, where it has any, otherwise the error as it is. */
export function explained(error: unknown, region: string, lead = ""): unknown {
  const problem = awsProblem(error, region);
  return problem === undefined ? error : new Error(`${lead}${problem.detail}. ${problem.fix}`);
}
