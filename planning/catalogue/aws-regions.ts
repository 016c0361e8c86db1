/**
 * The regions of AWS and of GovCloud. China and the isolated partitions have other service principals and names of
 * endpoints, which the constructs do not write.
 * @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
 */
export const AWS_REGIONS: readonly string[] = [
  ...["us-east-1", "us-east-2", "us-west-1", "us-west-2"],
  ...["ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1"],
  ...["eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"],
  ...["af-south-1", "il-central-1", "me-central-1", "me-south-1"],
  ...["ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"],
  ...["ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5"],
  ...["ap-southeast-6", "ap-southeast-7"],
  ...["us-gov-east-1", "us-gov-west-1"],
];

/** The partition of a region: the second part of every ARN. */
export function partitionOf(region: string): "aws" | "aws-us-gov" {
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/**
 * The letters of availability zones; us-east-1 has all six, no region has more. A letter means another place in each
 * account: `aws ec2 describe-availability-zones` shows the id of the place.
 */
export const ZONE_LETTERS = "abcdef";
