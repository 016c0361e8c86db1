import { z } from "zod";

import { formatCidr, networkAddress, parseCidr } from "../planning/cidr";

/** Kinds of text in a configuration. Each refusal carries the rule and the fix that `ConfigProblem` shows. */
function text(matches: (value: string) => boolean, rule: string, fix: string) {
  return z.string().refine(matches, { params: { rule, fix } });
}

/** A whole number between two bounds, both included. */
export const wholeNumber = (minimum: number, maximum: number) => z.number().int().min(minimum).max(maximum);

/**
 * An AWS region of the standard partition. China and GovCloud have other ARN partitions and service principals, which
 * the constructs do not write.
 */
export const awsRegion = text(
  (value) => /^(?!cn-|us-gov-|us-iso)[a-z]{2}(-[a-z]+)+-\d$/.test(value),
  "must be a region of the standard AWS partition",
  'Write one like "us-east-1"',
);

export const availabilityZone = text(
  (value) => /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/.test(value),
  "must be the name of an availability zone",
  'Write one like "us-east-1a"; `aws ec2 describe-availability-zones` lists yours',
);

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const bucketName = text(
  (value) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value) && !value.includes(".."),
  "must be an S3 bucket name: 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at each end",
  "Write the name of the bucket alone, without s3:// and without a path",
);

/** Prefix of state keys: no slash at the ends, because the key adds its own. */
export const keyPrefix = text(
  (value) => /^[\w.-]+(\/[\w.-]+)*$/.test(value),
  "must be a key prefix without slashes at its ends",
  'Write one like "carepath-chat" or "team/carepath-chat"',
);

export const cidrBlock = z.string().superRefine((value, context) => {
  const block = parseCidr(value);
  if (block === undefined) {
    const bare = parseCidr(`${value}/32`);
    context.addIssue({
      code: "custom",
      params: {
        rule: "must be an IPv4 CIDR block",
        fix: bare === undefined ? 'Write one like "198.51.100.7/32"' : `Did you mean "${value}/32"?`,
      },
    });
    return;
  }
  const network = formatCidr(networkAddress(block));
  if (network === value) return;
  context.addIssue({
    code: "custom",
    params: { rule: "must start at its network address", fix: `Did you mean "${network}"?` },
  });
});

/** AWS takes /16 to /28; below /20 the pods of two zones run out of addresses. */
export const vpcCidr = cidrBlock.refine(
  (value) => {
    const prefix = parseCidr(value)?.prefix;
    return prefix === undefined || (prefix >= 16 && prefix <= 20);
  },
  {
    params: {
      rule: "must be a block of /16 to /20: AWS allows nothing larger, and every pod takes an address",
      fix: 'Write one like "10.20.0.0/16"',
    },
  },
);

export const kubernetesVersion = text(
  (value) => /^1\.\d{2}$/.test(value),
  "must be a Kubernetes minor version",
  'Write one like "1.35"',
);

export const principalArn = text(
  (value) => /^arn:aws:iam::\d{12}:(role|user)\/\S+$/.test(value),
  "must be the ARN of an IAM role or user (a session of an assumed role has no access entry)",
  'Write one like "arn:aws:iam::123456789012:role/admin"',
);

/**
 * One repository on GitHub, as the `sub` claim of its tokens names it: with numeric ids for repositories that were created
 * or renamed after 18 June 2026.
 * @see https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
 */
export const repositoryOnGithub = text(
  (value) => /^[\w.@-]+\/[\w.@-]+$/.test(value),
  "must name one repository of GitHub, with its owner",
  'Write it as GitHub spells it, like "acme/carepath-chat", or with the ids of its tokens, "acme-123456/carepath-chat-456789"',
);

export const oidcProviderArn = text(
  (value) => /^arn:aws:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/.test(value),
  "must be the ARN of the identity provider for GitHub's tokens",
  'Write one like "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"',
);

/** A name that is a DNS label: namespaces, Services. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export const dnsLabel = (longest = 63) =>
  text(
    (value) => value.length <= longest && /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(value),
    `must be a DNS label of at most ${longest} characters: lower-case letters, digits and hyphens, a letter first`,
    'Write one like "chat-api"',
  );

/**
 * The retention periods that CloudWatch Logs accepts, days.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
export const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

export const logRetentionDays = wholeNumber(1, 3653).refine(
  (days) => LOG_RETENTION_DAYS.some((allowed) => allowed === days),
  {
    params: {
      rule: "must be a retention period that CloudWatch Logs accepts",
      fix: `Write one of ${LOG_RETENTION_DAYS.join(", ")}`,
    },
  },
);
