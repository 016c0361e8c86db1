/**
 * Kinds of values in a configuration. The metadata `rule` and `fix` are the words of a refusal (`parse-config.ts`) and of
 * the reference in docs/configuration.md; bounds and patterns stand in the schema, so that its JSON Schema shows them.
 */
import { z } from "zod";

import { AWS_REGIONS, ZONE_LETTERS } from "../planning/catalogue/aws-regions";
import { KUBERNETES_VERSIONS } from "../planning/catalogue/eks-releases";
import { GPU_INSTANCE_TYPES } from "../planning/catalogue/gpu-instance-types";
import { INSTANCE_TYPES } from "../planning/catalogue/instance-types";
import { CATALOGUE_IDS } from "../planning/catalogue/models";
import { formatCidr, networkAddress, parseCidr } from "../planning/cidr";

const text = (pattern: RegExp, rule: string, fix: string) => z.string().regex(pattern).meta({ rule, fix });

/** A whole number between two bounds, both included. */
export const wholeNumber = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);

export const positiveInteger = z.int().positive();

export const awsRegion = z.enum(AWS_REGIONS).meta({
  rule: "must be a region of AWS (not of China)",
  fix: 'Write one like "us-east-1"; they are listed in planning/catalogue/aws-regions.ts',
});

export const availabilityZone = text(
  new RegExp(`^[a-z]{2}(-[a-z]+)+-\\d[${ZONE_LETTERS}]$`),
  "must be the name of an availability zone",
  'Write one like "us-east-1a"; `aws ec2 describe-availability-zones` lists yours',
);

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const bucketName = text(
  /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  "must be an S3 bucket name: 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at each end",
  "Write the name of the bucket alone, without s3:// and without a path",
);

/** Prefix of state keys: no slash at the ends, because the key adds its own. */
export const keyPrefix = text(
  /^[\w.-]+(\/[\w.-]+)*$/,
  "must be a key prefix without slashes at its ends",
  'Write one like "carepath-chat" or "team/carepath-chat"',
);

const CIDR_FORM = "Write an IPv4 network as address/prefix length; IPv6 is not taken here";

export const cidrBlock = z
  .string()
  .superRefine((value, context) => {
    const block = parseCidr(value);
    const network = block && formatCidr(networkAddress(block));
    if (network === value) return;
    const rule = network === undefined ? "must be an IPv4 CIDR block" : "must start at its network address";
    const meant = network ?? (parseCidr(`${value}/32`) && `${value}/32`);
    const fix = meant === undefined ? CIDR_FORM : `Did you mean "${meant}"?`;
    context.addIssue({ code: "custom", params: { rule, fix } });
  })
  .meta({ rule: "must be an IPv4 CIDR block", fix: CIDR_FORM });

/** AWS takes /16 to /28; below /20 the pods of two zones run out of addresses. */
export const vpcCidr = cidrBlock.regex(/\/(1[6-9]|20)$/).meta({
  rule: "must be a block of /16 to /20: AWS allows nothing larger, and every pod takes an address",
  fix: 'Write one like "10.20.0.0/16"',
});

export const vpcId = text(/^vpc-[0-9a-f]+$/, "must be the id of a VPC", 'Write one like "vpc-0a1b2c3d4e5f67890"');

export const subnetId = text(
  /^subnet-[0-9a-f]+$/,
  "must be the id of a subnet",
  'Write one like "subnet-0a1b2c3d4e5f67890"',
);

export const kubernetesVersion = z.enum(KUBERNETES_VERSIONS).meta({
  rule: "must be a Kubernetes version of planning/catalogue/eks-releases.ts, which pins its node image and add-ons",
  fix: "Choose one of its versions, or add yours with node image and add-ons",
});

export const kmsKeyArn = text(
  /^arn:aws(-us-gov)?:kms:[a-z0-9-]+:\d{12}:key\/\S+$/,
  "must be the ARN of a KMS key (not of an alias)",
  'Write one like "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
);

export const principalArn = text(
  /^arn:aws(-us-gov)?:iam::\d{12}:(role|user)\/\S+$/,
  "must be the ARN of an IAM role or user (a session of an assumed role has no access entry)",
  'Write one like "arn:aws:iam::123456789012:role/admin"',
);

export const certificateArn = text(
  /^arn:/,
  "must be the ARN of a certificate",
  'Write one like "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d"',
);

/** A name that clients open, e.g. `chat.example.com`. */
export const hostName = text(
  /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
  "must be the DNS name under which clients reach the service, in lower case",
  'Write one like "chat.example.com"',
);

export const hostedZoneId = text(
  /^Z[A-Z0-9]{1,31}$/,
  "must be the id of a hosted zone of Route 53",
  'Write one like "Z0123456789ABCDEFGHIJ"; `aws route53 list-hosted-zones` lists yours',
);

export const webAclArn = text(
  /^arn:[\w-]+:wafv2:[a-z0-9-]+:\d{12}:regional\/webacl\/\S+$/,
  "must be the ARN of a regional web ACL of AWS WAF",
  'Write one like "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/chat/0a1b2c3d"',
);

/**
 * One repository on GitHub, with the ids of owner and repository or without. `@` is in no name of GitHub.
 * @see https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
 */
export const repositoryOnGithub = text(
  /^([\w.-]+\/[\w.-]+|[\w.-]+@\d+\/[\w.-]+@\d+)$/,
  "must name one repository of GitHub with its owner, and both of their ids or none",
  `Write it as GitHub spells it, like "acme/carepath-chat", or as this prints it: \`${repositoryWithIdsCommand("acme/carepath-chat")}\``,
);

/** A command that prints `acme@12/chat@34` for `acme/chat`. */
export function repositoryWithIdsCommand(repository: string): string {
  return `gh api repos/${repository} --jq '"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"'`;
}

export const oidcProviderArn = text(
  /^arn:aws(-us-gov)?:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/,
  "must be the ARN of the identity provider for GitHub's tokens",
  'Write one like "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"',
);

/** A name that is a DNS label: namespaces, Services. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export const dnsLabel = (longest = 63) =>
  z
    .string()
    .max(longest)
    .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/)
    .meta({
      rule: `must be a DNS label of at most ${longest} characters: lower-case letters, digits and hyphens, a letter first`,
      fix: 'Write one like "chat-api"',
    });

export const environmentName = text(
  /^[a-z][a-z0-9-]{1,19}$/,
  "must be 2 to 20 lower-case letters, digits and hyphens, a letter first",
  'Write one like "staging"',
);

/** Retention periods in days. @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

export const logRetentionDays = z.literal(LOG_RETENTION_DAYS).meta({
  rule: "must be a retention period that CloudWatch Logs accepts",
  fix: `Write one of ${LOG_RETENTION_DAYS.join(", ")}`,
});

const FAMILIES = [...new Set(INSTANCE_TYPES.map(({ name }) => name.replace(/\..*/, "")))];

export const ec2InstanceType = z.enum(INSTANCE_TYPES.map(({ name }) => name)).meta({
  rule: `must be a type of planning/catalogue/instance-types.ts (families ${FAMILIES.join(", ")}), which knows its size and price`,
  fix: 'Choose one of its types, e.g. "c8g.xlarge", or add yours with its vCPUs, memory and maximum of pods',
});

export const ec2GpuInstanceType = z.enum(GPU_INSTANCE_TYPES.map(({ name }) => name)).meta({
  rule: "must be a type of planning/catalogue/gpu-instance-types.ts, which knows its GPU",
  fix: 'Choose one of its types, e.g. "g6.xlarge", or add yours with its GPU, and its price in planning/cost/prices.ts',
});

/** @see https://huggingface.co/docs/hub/repositories-getting-started */
export const hubRepository = text(
  /^[\w.-]+\/[\w.-]+$/,
  "must be a repository of the model hub with its owner",
  'Write one like "Qwen/Qwen2.5-1.5B-Instruct"',
);

export const hubRevision = text(
  /^[0-9a-f]{40}$/,
  "must be a commit of the repository, 40 lower-case hexadecimal digits: a branch can move",
  "Copy it from the history of the repository's files on the hub",
);

export const catalogueModelId = z.enum(CATALOGUE_IDS).meta({
  rule: `must be a model of planning/catalogue/models.ts (${CATALOGUE_IDS.join(", ")})`,
  fix: 'Choose one of these, or give the facts of your file with source: "custom"',
});

export const sha256 = text(
  /^[0-9a-f]{64}$/,
  "must be a sha256 checksum, 64 lower-case hexadecimal digits",
  "Copy it from the output of `sha256sum FILE`",
);

/** The last part of a repository has no tag and no digest; a registry may have a port. */
export const imageRepository = text(
  /^(.*\/)?[^/:@]+$/,
  "must not contain a tag or digest",
  "Put what follows the name into chat.image.tag or chat.image.digest",
);

/** @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
export const imageTag = text(
  /^(?![Ll][Aa][Tt][Ee][Ss][Tt]$)[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/,
  "must be the tag of one version (letters, digits, dots, dashes, underscores), never latest: no rollback can return to that",
  'Write a version such as "1.4.0"',
);

export const imageDigest = text(
  /^sha256:[0-9a-f]{64}$/,
  'must be "sha256:" and 64 lower-case hexadecimal digits',
  "Copy it from the output of the image push",
);

export const url = z.url().meta({ rule: "must be a URL", fix: 'Write one like "https://example.com/model.gguf"' });
