import { ConfigError } from "../../config/config-error";
import { loadStateBucket } from "../../config/state-bucket";
import { StateStack } from "../../stacks/state-stack";
import { synthStack } from "../helpers/synth-stack";

const config = { bucket: "team-state", region: "eu-central-1" };
const stack = synthStack((app) => new StateStack(app, { config }));

function message(env: NodeJS.ProcessEnv): string {
  try {
    loadStateBucket(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

describe("the stack", () => {
  it("keeps its own state in a file beside the other local states", () => {
    expect(stack.json.terraform["backend"]).toEqual({ local: { path: "../../../terraform.carepath-state.tfstate" } });
  });

  it("has the bucket alone, in its region, tagged", () => {
    expect(Object.keys(stack.json.resource).every((type) => type.startsWith("aws_s3_bucket"))).toBe(true);
    expect(stack.one("aws_s3_bucket")["bucket"]).toBe("team-state");
    expect(stack.json.provider["aws"]).toEqual([
      { region: "eu-central-1", default_tags: [{ tags: { ManagedBy: "terraform", Project: "carepath-chat" } }] },
    ]);
    expect(stack.json.output?.["bucket"]?.value).toBe("team-state");
  });

  it("hands the key and the take-over on to the bucket", () => {
    const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/abc";
    const other = synthStack((app) => new StateStack(app, { config: { ...config, kmsKeyArn }, adopt: true }));
    expect(JSON.stringify(other.one("aws_s3_bucket_server_side_encryption_configuration"))).toContain(kmsKeyArn);
    expect(other.text).toContain('"import"');
    expect(stack.text).not.toContain('"import"');
  });
});

describe("where the bucket is to be", () => {
  const CAREPATH_STATE_BUCKET = "team-state";

  it("in the region of the state, of the override, or of the environment", () => {
    const region = (env: NodeJS.ProcessEnv) => loadStateBucket({ CAREPATH_STATE_BUCKET, ...env }).region;
    expect(region({})).toBe("us-east-1");
    expect(region({ CAREPATH_REGION: "eu-west-1" })).toBe("eu-west-1");
    expect(region({ CAREPATH_REGION: "eu-west-1", CAREPATH_STATE_REGION: " eu-west-3 " })).toBe("eu-west-3");
  });

  it("nothing else of the environment matters: production needs no image for it", () => {
    const CAREPATH_STATE_KMS_KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/abc";
    expect(loadStateBucket({ CAREPATH_ENV: "production", CAREPATH_STATE_BUCKET, CAREPATH_STATE_KMS_KEY_ARN })).toEqual({
      bucket: "team-state",
      region: "us-east-1",
      kmsKeyArn: CAREPATH_STATE_KMS_KEY_ARN,
    });
  });

  it("a name is required, and a region where the environment has none", () => {
    expect(message({ CAREPATH_ENV: "local", CAREPATH_STATE_BUCKET: " " })).toBe(
      [
        "state bucket: 2 problems",
        "  - CAREPATH_STATE_BUCKET (not set): is missing: the bucket needs a name that no one else in AWS has. " +
          "Put your account into it: export CAREPATH_STATE_BUCKET=carepath-state-$(aws sts get-caller-identity --query Account --output text).",
        "  - CAREPATH_STATE_REGION (not set): is missing: the environment has no region that the bucket could be in. " +
          "Set CAREPATH_STATE_REGION, e.g. us-east-1.",
      ].join("\n"),
    );
  });

  it("refuses names and regions that AWS does not have", () => {
    expect(message({ CAREPATH_STATE_BUCKET: "s3://x", CAREPATH_STATE_REGION: "cn-north-1" })).toBe(
      [
        "state bucket: 2 problems",
        '  - CAREPATH_STATE_BUCKET ("s3://x"): must be an S3 bucket name: 3 to 63 lower-case letters, digits, dots and hyphens, ' +
          "with a letter or digit at each end. Write the name of the bucket alone, without s3:// and without a path.",
        '  - CAREPATH_STATE_REGION ("cn-north-1"): must be a region of AWS (not of China). Did you mean "eu-north-1"?',
      ].join("\n"),
    );
  });
});
