/** Checkov's rules about buckets, by id, and what else keeps a state safe. */
import { StateBucket, type StateBucketProps } from "../../../constructs/aws/state-bucket";
import { synthConstructs, type Json } from "../../helpers/synth-stack";

const synth = (props: Partial<StateBucketProps> = {}) =>
  synthConstructs((stack) => new StateBucket(stack, "state", { name: "team-state", ...props }));

const stack = synth();
const [bucketId = ""] = Object.keys(stack.json.resource["aws_s3_bucket"] ?? {});

it("is named as asked, and Terraform refuses to delete it", () => {
  expect(stack.one("aws_s3_bucket")).toMatchObject({ bucket: "team-state", lifecycle: { prevent_destroy: true } });
  expect(stack.one("aws_s3_bucket")["force_destroy"]).toBeUndefined();
});

it("every setting belongs to this bucket", () => {
  const settings = Object.entries(stack.json.resource).filter(([type]) => type !== "aws_s3_bucket");
  expect(settings).toHaveLength(6);
  for (const [type] of settings) expect(stack.one(type)["bucket"]).toBe(`\${aws_s3_bucket.${bucketId}.id}`);
});

// CKV_AWS_145 (a KMS key by default) is not followed: SSE-S3 costs nothing and cannot lock anyone out of the state;
// whoever wants a key names it in CAREPATH_STATE_KMS_KEY_ARN.
it("CKV_AWS_19: is encrypted, by S3 or with the key that is named", () => {
  const rule = (props?: Partial<StateBucketProps>) =>
    synth(props).one("aws_s3_bucket_server_side_encryption_configuration")["rule"];
  expect(rule()).toEqual([
    { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" }, bucket_key_enabled: false },
  ]);
  const key = "arn:aws:kms:us-east-1:123456789012:key/abc";
  expect(rule({ kmsKeyArn: key })).toEqual([
    {
      apply_server_side_encryption_by_default: { sse_algorithm: "aws:kms", kms_master_key_id: key },
      bucket_key_enabled: true,
    },
  ]);
});

// CKV_AWS_18 (access logs) is not followed: a second bucket for the logs of a few accesses a day; CloudTrail data events
// do the same where an account wants them.
it("CKV_AWS_20, CKV_AWS_53, 54, 55 and 56: nothing makes it public, and no ACL counts", () => {
  expect(stack.one("aws_s3_bucket_public_access_block")).toMatchObject({
    block_public_acls: true,
    block_public_policy: true,
    ignore_public_acls: true,
    restrict_public_buckets: true,
  });
  expect(stack.one("aws_s3_bucket_ownership_controls")["rule"]).toEqual({ object_ownership: "BucketOwnerEnforced" });
  expect(stack.json.resource).not.toHaveProperty("aws_s3_bucket_acl");
});

it("CKV_AWS_21: keeps old versions", () => {
  expect(stack.one("aws_s3_bucket_versioning")["versioning_configuration"]).toEqual({ status: "Enabled" });
});

it("answers over TLS alone, whoever asks", () => {
  const { policy, depends_on: after } = stack.one("aws_s3_bucket_policy");
  expect(JSON.parse(String(policy))).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "OnlyOverTls",
        Effect: "Deny",
        Action: ["s3:*"],
        Principal: { AWS: "*" },
        Resource: [`\${aws_s3_bucket.${bucketId}.arn}`, `\${aws_s3_bucket.${bucketId}.arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
  expect(after).toEqual([expect.stringMatching(/^aws_s3_bucket_public_access_block\./)]);
});

describe("lifecycle", () => {
  const rules = () => synth().one("aws_s3_bucket_lifecycle_configuration")["rule"] as Json[];

  it("removes old versions after a year, and never the present one", () => {
    expect(rules()[0]?.["noncurrent_version_expiration"]).toEqual([{ noncurrent_days: 365 }]);
    for (const rule of rules()) {
      expect(rule).toMatchObject({ status: "Enabled", filter: [{}] });
      for (const { days, date } of (rule["expiration"] ?? []) as Json[])
        expect([days, date]).toEqual([undefined, undefined]);
    }
  });

  it("removes the marks of deleted lock files and what interrupted uploads left", () => {
    expect(rules()[0]?.["expiration"]).toEqual([{ expired_object_delete_marker: true }]);
    expect(rules()[1]?.["abort_incomplete_multipart_upload"]).toEqual([{ days_after_initiation: 7 }]);
  });
});

it("takes over an existing bucket only when told to", () => {
  expect(stack.text).not.toContain('"import"');
  const adopted = JSON.parse(synth({ adopt: true }).text) as { import: unknown };
  expect(adopted.import).toEqual([{ id: "team-state", to: `aws_s3_bucket.${bucketId}` }]);
});
