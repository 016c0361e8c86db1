/** The bucket of the state before it is created: does it exist, and who owns it? */
import { existsSync, readFileSync } from "node:fs";

import { HeadBucketCommand, S3ServiceException, type S3Client } from "@aws-sdk/client-s3";

import { type StateBucketConfig } from "../../config/state-bucket";

/** What to put into the environment from now on. */
export function exportLines({ bucket, region }: StateBucketConfig): string {
  return `export CAREPATH_STATE_BUCKET=${bucket}\nexport CAREPATH_STATE_REGION=${region}\n`;
}

/**
 * Why the bucket cannot be created, with the way on; undefined when it can, or when AWS cannot be asked: Terraform says
 * it then.
 */
export async function existingBucket(s3: S3Client, config: StateBucketConfig): Promise<string | undefined> {
  const { bucket, region } = config;
  let status: number | undefined;
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
    status = 200;
  } catch (error) {
    status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  }
  if (status === 200) {
    return (
      `bucket ${bucket}: exists already and you may use it. To use it as it is, set the two lines:\n${exportLines(config)}` +
      "To bring its settings (versions, encryption, TLS, no public access) under Terraform: npm run bootstrap-state -- --adopt"
    );
  }
  if (status === 301) {
    return `bucket ${bucket}: exists already, in another region than ${region}. Set CAREPATH_STATE_REGION to its region, or choose another name.`;
  }
  if (status === 403) {
    return `bucket ${bucket}: the name is taken by another account, or you may not see the bucket (s3:ListBucket). Set CAREPATH_STATE_BUCKET to another name.`;
  }
  return undefined;
}

/** True when this checkout's own state knows the bucket: then it is changed, not created. */
export function isManaged(stateFile: string, bucket: string): boolean {
  if (!existsSync(stateFile)) return false;
  const { resources = [] } = JSON.parse(readFileSync(stateFile, "utf8")) as {
    resources?: { type: string; instances: { attributes?: { bucket?: string } }[] }[];
  };
  return resources.some(
    ({ type, instances }) =>
      type === "aws_s3_bucket" && instances.some(({ attributes }) => attributes?.bucket === bucket),
  );
}
