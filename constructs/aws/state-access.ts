import { partitionOf } from "../../planning/catalogue/aws-regions";
import { type PolicyStatement } from "./service-role";

/** S3 state that a role reads and locks. */
export interface StateAccess {
  readonly bucket: string;
  readonly region: string;
  /** Keys of the states, e.g. `carepath-chat/carepath-demo-chat.tfstate`. */
  readonly keys: readonly string[];
  /** KMS key of the state. @default none: SSE-S3 needs no further right */
  readonly kmsKeyArn?: string;
}

/**
 * The rights to read a state, or to write it as well; its lock file is written and removed again with both.
 * @see https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required
 */
export function stateStatements(
  { bucket, region, keys, kmsKeyArn }: StateAccess,
  access: "read" | "write",
): PolicyStatement[] {
  const partition = partitionOf(region);
  const objects = keys.map((key) => `arn:${partition}:s3:::${bucket}/${key}`);
  const statements: PolicyStatement[] = [
    // Names only. Without a condition on the prefix: S3 would then answer "forbidden" instead of "not found" for the
    // state of a stack that is not deployed yet, and a diff would fail instead of showing everything as new.
    { Sid: "FindState", Action: ["s3:ListBucket"], Resource: [`arn:${partition}:s3:::${bucket}`] },
    access === "read"
      ? { Sid: "ReadState", Action: ["s3:GetObject"], Resource: objects }
      : { Sid: "WriteState", Action: ["s3:GetObject", "s3:PutObject"], Resource: objects },
    {
      Sid: "LockState",
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: objects.map((object) => `${object}.tflock`),
    },
  ];
  if (kmsKeyArn === undefined) return statements;
  return [
    ...statements,
    {
      // GenerateDataKey for readers too, because the lock file is encrypted as well.
      Sid: access === "read" ? "DecryptState" : "EncryptState",
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: [kmsKeyArn],
      Condition: { StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } },
    },
  ];
}
