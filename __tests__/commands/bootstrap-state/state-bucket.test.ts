import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { existingBucket, exportLines, isManaged } from "../../../commands/bootstrap-state/state-bucket";
import { awsClients } from "../../../commands/lib/aws-clients";
import { FakeAws } from "../../helpers/fake-aws";

const CONFIG = { bucket: "team-state", region: "eu-west-1" };

it("the two lines for the environment", () => {
  expect(exportLines(CONFIG)).toBe("export CAREPATH_STATE_BUCKET=team-state\nexport CAREPATH_STATE_REGION=eu-west-1\n");
});

describe("a bucket that exists already", () => {
  let aws: FakeAws;
  beforeAll(async () => (aws = await FakeAws.start()));
  afterAll(() => aws.stop());

  async function answer(status: number): Promise<string | undefined> {
    aws.answers = { "HEAD /team-state": { status } };
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    return existingBucket(awsClients({ region: "eu-west-1", endpoint: aws.url, credentials }).s3("eu-west-1"), CONFIG);
  }

  it("is used as it is or taken over, when it is ours", async () => {
    expect(await answer(200)).toBe(
      "bucket team-state: exists already and you may use it. To use it as it is, set the two lines:\n" +
        "export CAREPATH_STATE_BUCKET=team-state\nexport CAREPATH_STATE_REGION=eu-west-1\n" +
        "To bring its settings (versions, encryption, TLS, no public access) under Terraform: npm run bootstrap-state -- --adopt",
    );
  });

  it("gets another name when it is somebody else's, or another region", async () => {
    expect(await answer(403)).toBe(
      "bucket team-state: the name is taken by another account, or you may not see the bucket (s3:ListBucket). Set CAREPATH_STATE_BUCKET to another name.",
    );
    expect(await answer(301)).toBe(
      "bucket team-state: exists already, in another region than eu-west-1. Set CAREPATH_STATE_REGION to its region, or choose another name.",
    );
  });

  it("is no obstacle when there is none, or when AWS does not say", async () => {
    expect(await answer(404)).toBeUndefined();
    expect(await answer(400)).toBeUndefined();
  });
});

it("a bucket in the local state is changed, not created", () => {
  const folder = mkdtempSync(join(tmpdir(), "carepath-state-"));
  try {
    const file = join(folder, "terraform.carepath-state.tfstate");
    expect(isManaged(file, "team-state")).toBe(false);
    const bucket = { type: "aws_s3_bucket", instances: [{ attributes: { bucket: "team-state" } }] };
    const policy = { type: "aws_s3_bucket_policy", instances: [{ attributes: { bucket: "other" } }] };
    writeFileSync(file, JSON.stringify({ version: 4, resources: [policy, bucket] }));
    expect([isManaged(file, "team-state"), isManaged(file, "other")]).toEqual([true, false]);
    writeFileSync(file, JSON.stringify({ version: 4 }));
    expect(isManaged(file, "team-state")).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
