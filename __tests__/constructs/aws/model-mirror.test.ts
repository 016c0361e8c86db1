import { ModelMirror } from "../../../constructs/aws/model-mirror";
import { modelBaseUrl } from "../../../config/model-base-url";
import { eksConfig, existingClusterConfig, SAMPLE_PLAN } from "../../helpers/sample-config";
import { synthConfig } from "../../helpers/synth-app";
import { synthConstructs } from "../../helpers/synth-stack";

const modelMirror = { bucket: "acme-models" };

it("lets the VPC read without credentials, and no one else", () => {
  const stack = synthConstructs((scope) => {
    new ModelMirror(scope, "mirror", { bucket: "acme-models", vpcId: "vpc-1" });
  });
  const { Statement } = JSON.parse(String(stack.one("aws_s3_bucket_policy")["policy"])) as {
    Statement: { Effect: string; Action: string[]; Condition: unknown }[];
  };
  expect(Statement.filter(({ Effect }) => Effect === "Allow")).toEqual([
    expect.objectContaining({
      Action: ["s3:GetObject"],
      Condition: { StringEquals: { "aws:SourceVpc": "vpc-1" } },
    }),
  ]);
  expect(Statement.find(({ Effect }) => Effect === "Deny")?.Condition).toEqual({
    Bool: { "aws:SecureTransport": "false" },
  });
  expect(stack.one("aws_s3_bucket_public_access_block")).toMatchObject({
    block_public_policy: true,
    restrict_public_buckets: true,
  });
  expect(stack.one("aws_s3_bucket")).toMatchObject({ bucket: "acme-models", force_destroy: true });
  expect(stack.one("aws_s3_bucket_lifecycle_configuration")).toMatchObject({
    rule: [{ status: "Enabled", abort_incomplete_multipart_upload: [{ days_after_initiation: 1 }] }],
  });
});

it("is part of the cluster stack where the configuration names its bucket, for its VPC", () => {
  const stack = (more: object) =>
    synthConfig({ config: eksConfig({}, more), plan: SAMPLE_PLAN }).stack("carepath-sample-cluster");
  expect(stack({}).resources("aws_s3_bucket")).toEqual([]);
  const mirrored = stack({ modelMirror });
  const [vpc = ""] = Object.keys(mirrored.json.resource["aws_vpc"] ?? {});
  expect(mirrored.one("aws_s3_bucket_policy")["policy"]).toContain(`\${aws_vpc.${vpc}.id}`);
});

it("is where the pods download from, unless the configuration names another mirror", () => {
  expect(modelBaseUrl(eksConfig())).toBeUndefined();
  expect(modelBaseUrl(existingClusterConfig())).toBeUndefined();
  const config = eksConfig({}, { modelMirror });
  expect(modelBaseUrl(config)).toBe(`https://acme-models.s3.${config.region}.amazonaws.com`);
  expect(modelBaseUrl(eksConfig({ modelBaseUrl: "https://hub.example" }, { modelMirror }))).toBe("https://hub.example");
  const chat = synthConfig({ config, plan: SAMPLE_PLAN }).stack("carepath-sample-chat");
  expect(chat.text).toContain(`https://acme-models.s3.${config.region}.amazonaws.com`);
});
