import { type S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { type Construct } from "constructs";

import { policyDocument, type PolicyStatement } from "./service-role";

/** What every bucket of this project has: no access lists, nothing public, TLS alone, and then what `statements` allow. */
export function keepPrivate(scope: Construct, bucket: S3Bucket, statements: readonly PolicyStatement[] = []): void {
  new S3BucketOwnershipControls(scope, "ownership", {
    bucket: bucket.id,
    rule: { objectOwnership: "BucketOwnerEnforced" },
  });
  const privacy = new S3BucketPublicAccessBlock(scope, "public-access", {
    bucket: bucket.id,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  const onlyOverTls: PolicyStatement = {
    Sid: "OnlyOverTls",
    Effect: "Deny",
    Action: ["s3:*"],
    Principal: { AWS: "*" },
    Resource: [bucket.arn, `${bucket.arn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  new S3BucketPolicy(scope, "policy", {
    bucket: bucket.id,
    policy: policyDocument([onlyOverTls, ...statements]),
    // S3 answers a conflict when both are written at once.
    dependsOn: [privacy],
  });
}
