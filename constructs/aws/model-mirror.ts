import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { Construct } from "constructs";

import { keepPrivate } from "./bucket-privacy";

export interface ModelMirrorProps {
  /** Name of the bucket. */
  readonly bucket: string;
  /** The VPC that may read, through its endpoint for S3. */
  readonly vpcId: string;
}

/**
 * A bucket with models that pods read without credentials, through the VPC's endpoint for S3 and from nowhere else. The
 * endpoint is a gateway, so a download costs no NAT traffic and needs no model hub. The service checks the sha256 as always.
 *
 * `destroy` deletes it with its models: `npm run model -- mirror` brings them back.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html
 */
export class ModelMirror extends Construct {
  constructor(scope: Construct, id: string, props: ModelMirrorProps) {
    super(scope, id);
    const bucket = new S3Bucket(this, "bucket", { bucket: props.bucket, forceDestroy: true });
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket: bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket: bucket.id,
      rule: [
        {
          // The parts of an upload that was cut off are billed and seen nowhere.
          id: "incomplete-uploads",
          status: "Enabled",
          filter: [{}],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
      ],
    });
    keepPrivate(this, bucket, [
      {
        Sid: "ReadFromTheVpc",
        Action: ["s3:GetObject"],
        Principal: { AWS: "*" },
        Resource: [`${bucket.arn}/*`],
        // Requests that reach S3 in another way than an endpoint of this VPC do not have it.
        Condition: { StringEquals: { "aws:SourceVpc": props.vpcId } },
      },
    ]);
  }
}
