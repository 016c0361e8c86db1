import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { Construct } from "constructs";

import { keepPrivate } from "./bucket-privacy";

export interface StateBucketProps {
  readonly name: string;
  /** KMS key that encrypts what is written without another key. @default SSE-S3, a key of AWS */
  readonly kmsKeyArn?: string;
  /** Takes over a bucket of this name that the account has already, instead of creating it. @default false */
  readonly adopt?: boolean;
}

/** Days that an overwritten or deleted state can be restored. */
const KEEP_OLD_VERSIONS_DAYS = 365;

/**
 * An S3 bucket for Terraform state: every version is kept for a while, encrypted, reachable over TLS alone and never
 * public. Terraform refuses to delete it (`prevent_destroy`): with it would go all that is known of what was deployed.
 * @see https://developer.hashicorp.com/terraform/language/backend/s3
 */
export class StateBucket extends Construct {
  constructor(scope: Construct, id: string, props: StateBucketProps) {
    super(scope, id);
    const { name, kmsKeyArn, adopt = false } = props;
    const bucket = new S3Bucket(this, "bucket", { bucket: name, lifecycle: { preventDestroy: true } });
    if (adopt) bucket.importFrom(name);
    const versioning = new S3BucketVersioningA(this, "versioning", {
      bucket: bucket.id,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket: bucket.id,
      rule: [
        {
          applyServerSideEncryptionByDefault:
            kmsKeyArn === undefined
              ? { sseAlgorithm: "AES256" }
              : { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
          bucketKeyEnabled: kmsKeyArn !== undefined,
        },
      ],
    });
    keepPrivate(this, bucket);
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket: bucket.id,
      rule: [
        {
          id: "old-versions",
          status: "Enabled",
          filter: [{}],
          noncurrentVersionExpiration: [{ noncurrentDays: KEEP_OLD_VERSIONS_DAYS }],
          // Every lock file leaves one behind.
          expiration: [{ expiredObjectDeleteMarker: true }],
        },
        {
          id: "incomplete-uploads",
          status: "Enabled",
          filter: [{}],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
        },
      ],
      dependsOn: [versioning],
    });
  }
}
