/** Limits of a gp3 volume; the baseline is included in its price. @see https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html */
export const GP3 = {
  baselineIops: 3000,
  maximumIops: 80_000,
  iopsPerGiB: 500,
  baselineThroughputMiBps: 125,
  maximumThroughputMiBps: 2000,
  throughputMiBpsPerIops: 0.25,
} as const;
