import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  STATE_OUTPUT,
  existingBucket,
  exportLines,
  isManaged,
  stateCall,
} from "../../../commands/bootstrap-state/main";
import { UsageError } from "../../../commands/lib/command-line";
import { awsClients } from "../../../commands/lib/aws-clients";
import { FakeAws } from "../../helpers/fake-aws";

const CONFIG = { bucket: "team-state", region: "eu-west-1" };
const OPTIONS = ["--app", "node --import tsx state.ts", "--output", "cdktf.out.state"];
const call = (argv: readonly string[], terminal = true) => stateCall({ argv, env: {}, terminal });

describe("the call to cdktf", () => {
  test("deploys the one stack of its own app into a folder of its own", () => {
    expect(call([])).toEqual({ command: "deploy", words: ["deploy", "carepath-state", ...OPTIONS] });
    expect(STATE_OUTPUT).toBe("cdktf.out.state");
  });

  test("shows the plan alone with diff or --dry-run", () => {
    const diff = { command: "diff", words: ["diff", "carepath-state", ...OPTIONS] };
    expect(call(["diff"])).toEqual(diff);
    expect(call(["--dry-run"])).toEqual(diff);
    expect(call(["deploy", "--dry-run"])).toEqual(diff);
  });

  test("synthesizes without naming a stack", () => {
    expect(call(["synth"])).toEqual({ command: "synth", words: ["synth", ...OPTIONS] });
  });

  test("hands options on, and the take-over to the app", () => {
    expect(call(["--auto-approve"], false).words).toEqual([
      "deploy",
      "carepath-state",
      "--auto-approve",
      ...OPTIONS,
      "--no-color",
    ]);
    expect(call(["--adopt", "--refresh-only"]).words).toEqual([
      "deploy",
      "carepath-state",
      "--refresh-only",
      "--app",
      "node --import tsx state.ts --adopt",
      "--output",
      "cdktf.out.state",
    ]);
  });

  test("needs approval where nobody can be asked", () => {
    expect(() => call([], false)).toThrow(
      new UsageError(
        "bootstrap-state without a terminal: nobody can approve the plan. Read it first (npm run bootstrap-state -- --dry-run), " +
          "then add --auto-approve: npm run bootstrap-state -- --auto-approve.",
      ),
    );
    expect(() => call(["--dry-run"], false)).not.toThrow();
  });

  test("destroys nothing", () => {
    expect(() => call(["destroy"])).toThrow(
      new UsageError(
        '"destroy" is not one of synth, diff, deploy. Name one of them or none: npm run bootstrap-state -- diff. ' +
          "No command destroys the bucket; docs/runbook.md says how it goes.",
      ),
    );
  });
});

test("the two lines for the environment", () => {
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

  test("is used as it is or taken over, when it is ours", async () => {
    expect(await answer(200)).toBe(
      "bucket team-state: exists already and you may use it. To use it as it is, set the two lines:\n" +
        "export CAREPATH_STATE_BUCKET=team-state\nexport CAREPATH_STATE_REGION=eu-west-1\n" +
        "To bring its settings (versions, encryption, TLS, no public access) under Terraform: npm run bootstrap-state -- --adopt",
    );
  });

  test("gets another name when it is somebody else's, or another region", async () => {
    expect(await answer(403)).toBe(
      "bucket team-state: the name is taken by another account, or you may not see the bucket (s3:ListBucket). Set CAREPATH_STATE_BUCKET to another name.",
    );
    expect(await answer(301)).toBe(
      "bucket team-state: exists already, in another region than eu-west-1. Set CAREPATH_STATE_REGION to its region, or choose another name.",
    );
  });

  test("is no obstacle when there is none, or when AWS does not say", async () => {
    expect(await answer(404)).toBeUndefined();
    expect(await answer(400)).toBeUndefined();
  });
});

test("a bucket in the local state is changed, not created", () => {
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
