/**
 * `npm run bootstrap-state [-- synth | diff | deploy] [arguments]`: creates the S3 bucket of the Terraform state, once.
 *
 *     export CAREPATH_STATE_BUCKET=carepath-state-123456789012
 *     npm run bootstrap-state                       shows the plan, asks, creates the bucket
 *     npm run bootstrap-state -- --dry-run          shows the plan only
 *     npm run bootstrap-state -- --auto-approve     without a terminal
 *     npm run bootstrap-state -- --adopt            takes over a bucket that this account has already
 *
 * An app and an output folder of its own: the bucket belongs to no environment and never appears among their stacks.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { HeadBucketCommand, S3ServiceException, type S3Client } from "@aws-sdk/client-s3";

import { ConfigError } from "../../config/config-error";
import { STATE_STACK } from "../../config/names";
import { loadStateBucket, type StateBucketConfig } from "../../config/state-bucket";
import { cdktfCalls, cdktfEnvironment, requireTerraform, runCdktf, type Command } from "../lib/cdktf";
import { commandLine, UsageError } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { awsClients } from "../lib/aws-clients";

/** Where the bucket's stack is synthesized; beside `cdktf.out`, so that its local state lies beside the others. */
export const STATE_OUTPUT = "cdktf.out.state";

const USAGE = `usage: npm run bootstrap-state [-- synth | diff | deploy] [options]

Creates the S3 bucket CAREPATH_STATE_BUCKET for the Terraform state; deploy is the default.

  --dry-run         show the plan only; the same as diff
  --auto-approve    do not ask; needed without a terminal
  --adopt           take over a bucket that this account has already
  --hcl             with synth: write HCL instead of JSON
  --no-color        plain text
  --help            print this text
`;

const OPTIONS = {
  "dry-run": { type: "boolean" },
  "auto-approve": { type: "boolean" },
  adopt: { type: "boolean" },
  hcl: { type: "boolean" },
  "no-color": { type: "boolean" },
} as const;

/** With one of these nobody is asked. */
const APPROVES: readonly string[] = ["--auto-approve", "--help", "-h"];

export interface StateInvocation {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: boolean;
}

/** The one call of cdktf that an invocation stands for. */
export function stateCall({ argv, env, terminal }: StateInvocation): { command: Command; words: string[] } {
  const [first, ...rest] = argv;
  const named = first !== undefined && isCommand(first);
  if (first !== undefined && !named && !first.startsWith("-")) {
    throw new UsageError(
      `"${first}" is not one of synth, diff, deploy. Name one of them or none: npm run bootstrap-state -- diff. ` +
        "No command destroys the bucket; docs/runbook.md says how it goes.",
    );
  }
  const given = named ? rest : argv;
  const dry = given.includes("--dry-run");
  const command: Command = dry ? "diff" : named ? first : "deploy";
  const passed = given.filter((arg) => arg !== "--dry-run" && arg !== "--adopt");
  const unattended = command === "deploy" && !terminal && !given.some((arg) => APPROVES.includes(arg));
  if (unattended) {
    throw new UsageError(
      "bootstrap-state without a terminal: nobody can approve the plan. Read it first (npm run bootstrap-state -- --dry-run), " +
        "then add --auto-approve: npm run bootstrap-state -- --auto-approve.",
    );
  }
  const app = `node --import tsx state.ts${given.includes("--adopt") ? " --adopt" : ""}`;
  const options = ["--app", app, "--output", STATE_OUTPUT];
  const stack = command === "synth" ? [] : [STATE_STACK];
  const [words] = cdktfCalls({ command, args: [...stack, ...passed, ...options], env, terminal }, () => [STATE_STACK]);
  return { command, words: words ?? [] };
}

/** What to put into the environment from now on. */
export function exportLines({ bucket, region }: StateBucketConfig): string {
  return `export CAREPATH_STATE_BUCKET=${bucket}\nexport CAREPATH_STATE_REGION=${region}\n`;
}

/**
 * Why the bucket cannot be created, with the way on; undefined when it can, or when AWS cannot be asked: Terraform says
 * it then.
 */
export async function existingBucket(s3: S3Client, config: StateBucketConfig): Promise<string | undefined> {
  const { bucket, region } = config;
  let status: number | undefined;
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
    status = 200;
  } catch (error) {
    status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  }
  if (status === 200) {
    return (
      `bucket ${bucket}: exists already and you may use it. To use it as it is, set the two lines:\n${exportLines(config)}` +
      "To bring its settings (versions, encryption, TLS, no public access) under Terraform: npm run bootstrap-state -- --adopt"
    );
  }
  if (status === 301) {
    return `bucket ${bucket}: exists already, in another region than ${region}. Set CAREPATH_STATE_REGION to its region, or choose another name.`;
  }
  if (status === 403) {
    return `bucket ${bucket}: the name is taken by another account, or you may not see the bucket (s3:ListBucket). Set CAREPATH_STATE_BUCKET to another name.`;
  }
  return undefined;
}

/** True when this checkout's own state knows the bucket: then it is changed, not created. */
export function isManaged(stateFile: string, bucket: string): boolean {
  if (!existsSync(stateFile)) return false;
  const { resources = [] } = JSON.parse(readFileSync(stateFile, "utf8")) as {
    resources?: { type: string; instances: { attributes?: { bucket?: string } }[] }[];
  };
  return resources.some(
    ({ type, instances }) =>
      type === "aws_s3_bucket" && instances.some(({ attributes }) => attributes?.bucket === bucket),
  );
}

function isCommand(word: string): word is Exclude<Command, "destroy"> {
  return word === "synth" || word === "diff" || word === "deploy";
}

async function main(argv: readonly string[]): Promise<number> {
  const root = ROOT;
  const invocation = { argv, env: process.env, terminal: process.stdout.isTTY && process.stdin.isTTY };
  const options = argv.filter((word, index) => index > 0 || word.startsWith("-"));
  if (commandLine(USAGE, options, OPTIONS) === undefined) return 0;
  const { command, words } = stateCall(invocation);
  const env = cdktfEnvironment(invocation);
  const config = loadStateBucket(process.env);
  if (command !== "synth") {
    requireTerraform(env);
    const known = argv.includes("--adopt") || isManaged(join(root, `terraform.${STATE_STACK}.tfstate`), config.bucket);
    const problem = known
      ? undefined
      : await existingBucket(awsClients({ region: config.region }).s3(config.region), config);
    if (problem !== undefined) throw new UsageError(problem);
  }
  const status = runCdktf(words, root, env);
  if (command === "deploy" && status === 0) {
    process.stdout.write(`\nPut these lines into your environment (and keep terraform.${STATE_STACK}.tfstate):\n`);
    process.stdout.write(exportLines(config));
  }
  return status;
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (status) => (process.exitCode = status),
    (error: unknown) => {
      if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 2;
    },
  );
}
