/**
 * The cluster stacks and the state bucket, applied by Terraform to a mock of AWS: `npm run test:aws`.
 *
 * Needs terraform with the providers, and AWS_ENDPOINT_URL naming a mock of AWS on the loopback interface.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { DescribeLaunchTemplateVersionsCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeNodegroupCommand, EKSClient, ListClustersCommand, ListNodegroupsCommand } from "@aws-sdk/client-eks";
import { CreateBucketCommand, DeleteBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";

import { mirrorModel } from "../../commands/model/mirror";
import { AwsStacks, childrenOf } from "../helpers/aws-stacks";
import { PRODUCTION_VARIABLES, SCALE_VARIABLES } from "../helpers/production-variables";
import { S3ControlRelay } from "../helpers/s3-control-relay";

jest.setTimeout(15 * 60_000);

const EMPTY = "0 to add, 0 to change, 0 to destroy";
const BUCKET = "carepath-test-state";
const MODELS = "carepath-test-models";
const DEMO = { CAREPATH_ENV: "demo", CAREPATH_API_CIDRS: "1.2.3.4/32" };
const PRODUCTION = {
  ...PRODUCTION_VARIABLES,
  CAREPATH_ENV: "production",
  CAREPATH_STATE_BUCKET: BUCKET,
  CAREPATH_API_CIDRS: "1.2.3.4/32",
  CAREPATH_IMAGE_TAG: "v1",
  CAREPATH_GITHUB_REPOSITORY: "acme/carepath-chat",
  CAREPATH_MODEL_MIRROR_BUCKET: MODELS,
};

const SCALE = {
  ...SCALE_VARIABLES,
  CAREPATH_ENV: "scale",
  CAREPATH_STATE_BUCKET: BUCKET,
  CAREPATH_API_CIDRS: "1.2.3.4/32",
};

let stacks: AwsStacks;
let relay: S3ControlRelay;

beforeAll(async () => {
  const endpoint = process.env["AWS_ENDPOINT_URL"] ?? "";
  if (!/^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(endpoint)) {
    throw new Error(
      `AWS_ENDPOINT_URL ("${endpoint}"): these tests create and destroy whole clusters, so they run against a mock of AWS on this machine only. ` +
        "Start one, e.g. moto_server -H 127.0.0.1 -p 5000, and set AWS_ENDPOINT_URL=http://127.0.0.1:5000.",
    );
  }
  process.stdout.write(
    "The mock invents what EKS would answer about add-ons, access entries and Pod Identity associations, and checks none of it. " +
      "It forgets the tags that a bucket is created with.\n",
  );
  relay = await S3ControlRelay.start(endpoint);
  Object.assign(process.env, relay.variables);
});

afterAll(() => relay.stop());

// What a killed run leaves behind would meet the next test.
beforeEach(() => fetch(`${process.env["AWS_ENDPOINT_URL"] ?? ""}/moto-api/reset`, { method: "POST" }));

afterEach(() => stacks.remove());

/** Expects success and shows the whole output where there is none. */
async function succeeds(result: Promise<{ status: number; output: string }>): Promise<string> {
  const { status, output } = await result;
  if (status !== 0) throw new Error(`exit code ${status}:\n${output.slice(-4000)}`);
  return output;
}

/** The mock speaks plain HTTP, which the policy of each bucket denies, as it should. */
async function allowPlainHttp(Bucket: string): Promise<void> {
  await new S3Client({ forcePathStyle: true }).send(new DeleteBucketPolicyCommand({ Bucket }));
}

/** Puts a file in place of a model into the mirror, and finds it there the second time. */
async function mirrors(): Promise<void> {
  const said: string[] = [];
  const bytes = Buffer.from("GGUF and its weights");
  const file = join(mkdtempSync(join(tmpdir(), "carepath-model-")), "model.gguf");
  writeFileSync(file, bytes);
  const model = {
    url: "https://hub.example/acme/chat/resolve/main/model.gguf",
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
  const s3 = new S3Client({ forcePathStyle: true });
  for (let run = 1; run <= 2; run++)
    await mirrorModel({ s3, bucket: MODELS, model, file, say: (line) => said.push(line) });
  const key = `s3://${MODELS}/acme/chat/resolve/main/model.gguf`;
  expect(said).toEqual([expect.stringContaining(`to ${key}`), expect.stringMatching(/^Done/), `Already there: ${key}`]);
}

async function clusters(): Promise<string[]> {
  return (await new EKSClient().send(new ListClustersCommand())).clusters ?? [];
}

/** The groups of nodes with the NVIDIA image, as AWS tells them. */
async function gpuNodes(clusterName: string) {
  const [eks, ec2] = [new EKSClient(), new EC2Client()];
  const { nodegroups = [] } = await eks.send(new ListNodegroupsCommand({ clusterName }));
  const found = await Promise.all(
    nodegroups.map(async (nodegroupName) => {
      const { nodegroup } = await eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }));
      if (nodegroup?.amiType !== "AL2023_x86_64_NVIDIA") return [];
      const { id, version = "" } = nodegroup.launchTemplate ?? {};
      const { LaunchTemplateVersions } = await ec2.send(
        new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: [version] }),
      );
      const { InstanceType, BlockDeviceMappings } = LaunchTemplateVersions?.[0]?.LaunchTemplateData ?? {};
      const [{ key, value, effect } = {}] = nodegroup.taints ?? [];
      return [
        {
          instanceType: InstanceType,
          disk: BlockDeviceMappings?.[0]?.Ebs?.VolumeSize,
          taint: `${key ?? ""}=${value ?? ""}:${effect ?? ""}`,
        },
      ];
    }),
  );
  return found.flat();
}

async function vpcs(name: string): Promise<number> {
  const filter = { Name: "tag:Name", Values: [name] };
  return ((await new EC2Client().send(new DescribeVpcsCommand({ Filters: [filter] }))).Vpcs ?? []).length;
}

it("creates the bucket of the state, then the cluster of production with its state in it, and fills its model mirror", async () => {
  const bucket = new AwsStacks({ ...DEMO, CAREPATH_STATE_BUCKET: BUCKET });
  stacks = new AwsStacks(PRODUCTION);
  try {
    bucket.synthesize({ app: "state.ts" });
    await succeeds(bucket.run("deploy", "carepath-state"));
    await succeeds(bucket.run("deploy", "carepath-state")); // with the tags
    expect(await succeeds(bucket.run("diff", "carepath-state"))).toContain(EMPTY);
  } finally {
    bucket.remove();
  }
  await allowPlainHttp(BUCKET);
  stacks.synthesize();
  const stack = "carepath-production-cluster";
  await succeeds(stacks.run("deploy", stack));
  await succeeds(stacks.run("deploy", stack)); // with the tags of the mirror
  expect(await succeeds(stacks.run("diff", stack))).toContain(EMPTY);
  await allowPlainHttp(MODELS);
  await mirrors();
});

it("creates the cluster of scale with its GPU nodes, and then finds nothing to change", async () => {
  await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: BUCKET }));
  stacks = new AwsStacks(SCALE);
  stacks.synthesize();
  const stack = "carepath-scale-cluster";
  await succeeds(stacks.run("deploy", stack));
  expect(await gpuNodes("carepath-scale")).toEqual([
    { instanceType: "g6.xlarge", disk: 100, taint: "nvidia.com/gpu=present:NO_SCHEDULE" },
    { instanceType: "g6.xlarge", disk: 100, taint: "nvidia.com/gpu=present:NO_SCHEDULE" },
  ]);
  expect(await succeeds(stacks.run("diff", stack))).toContain(EMPTY);
});

it("creates the cluster of the demo, shows a change, applies it, and leaves nothing after destroy", async () => {
  stacks = new AwsStacks(DEMO);
  stacks.synthesize();
  const stack = "carepath-demo-cluster";
  await succeeds(stacks.run("deploy", stack));
  expect(await clusters()).toContain("carepath-demo");
  expect(await succeeds(stacks.run("diff", stack))).toContain(EMPTY);

  stacks.synthesize({ variables: { CAREPATH_ADMIN_ARNS: "arn:aws:iam::123456789012:role/admin" } });
  expect(await succeeds(stacks.run("diff", stack))).toContain("2 to add, 0 to change, 0 to destroy");
  await succeeds(stacks.run("deploy", stack));
  expect(await succeeds(stacks.run("diff", stack))).toContain(EMPTY);

  await succeeds(stacks.run("destroy", stack));
  expect(await clusters()).not.toContain("carepath-demo");
  expect(await vpcs("carepath-demo")).toBe(0);
  expect(stacks.recorded(stack)).toEqual([]);
});

it("fails when Terraform is killed in the middle of an apply, and says where to read on", async () => {
  stacks = new AwsStacks(DEMO);
  stacks.synthesize();
  const stack = "carepath-demo-cluster";
  const deploy = stacks.start("deploy", stack);
  await deploy.outputs(/Creation complete/);
  for (const pid of childrenOf(deploy.process.pid ?? 0)) process.kill(pid, "SIGKILL");
  const { status, output } = await deploy.result;
  expect(status).toBe(137);
  expect(output).toMatch(/Terraform was ended by signal 9.*docs\/runbook\.md/);
  // The lock of the dead run does not stop the next one, which destroys what is recorded.
  await succeeds(stacks.run("diff", stack));
  await succeeds(stacks.run("destroy", stack));
});

it("lets Terraform record everything when it is interrupted, and goes on from there", async () => {
  stacks = new AwsStacks({ ...DEMO, CAREPATH_ENV: "demo" });
  stacks.synthesize();
  const stack = "carepath-demo-cluster";
  const deploy = stacks.start("deploy", stack);
  await deploy.outputs(/aws_vpc\.\S+: Creation complete/);
  deploy.process.kill("SIGTERM");
  const { status } = await deploy.result;
  expect(status).not.toBe(0);
  expect(stacks.recorded(stack).length).toBeGreaterThan(0);
  await succeeds(stacks.run("deploy", stack));
  expect(await succeeds(stacks.run("diff", stack))).toContain(EMPTY);
  await succeeds(stacks.run("destroy", stack));
});

/** The terminal library of cdktf-cli has no build for Node 24. */
const withCdktf = Number(process.versions.node.split(".")[0]) < 24 ? it : it.skip;

withCdktf("does the same for those who type cdktf synth, diff and deploy", async () => {
  stacks = new AwsStacks({ ...DEMO, CAREPATH_STATE_BUCKET: BUCKET });
  await succeeds(stacks.cdktf("synth", "state.ts"));
  expect(await succeeds(stacks.cdktf("diff", "carepath-state"))).toContain("7 to add");
  expect(await succeeds(stacks.cdktf("deploy", "carepath-state"))).toContain("7 added");
  expect(stacks.recorded("carepath-state").some(({ type }) => type === "aws_s3_bucket")).toBe(true);
});
