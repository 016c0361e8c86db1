/** The AWS clients of the commands, all for one region. */
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ECRClient } from "@aws-sdk/client-ecr";
import { EKSClient } from "@aws-sdk/client-eks";
import { ElasticLoadBalancingClient } from "@aws-sdk/client-elastic-load-balancing";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { S3Client } from "@aws-sdk/client-s3";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { STSClient } from "@aws-sdk/client-sts";

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
    logs: new CloudWatchLogsClient(common),
    loadBalancers: new ElasticLoadBalancingV2Client(common),
    classicLoadBalancers: new ElasticLoadBalancingClient(common),
    /** The bucket of the state may be in another region than the cluster. */
    s3: (bucketRegion: string) =>
      new S3Client({ ...common, region: bucketRegion, ...(endpoint === undefined ? {} : { forcePathStyle: true }) }),
  };
}

export type AwsClients = ReturnType<typeof awsClients>;

/** True for "there are no credentials at all", as opposed to credentials that AWS refuses. */
export function isMissingCredentials(error: unknown): boolean {
  return error instanceof Error && error.name === "CredentialsProviderError";
}
