/**
 * `npm run bootstrap-state`: creates the S3 bucket of the Terraform state, once.
 *
 * The bucket has its own app and its own output folder: it belongs to no environment and never appears among their stacks.
 */
import { resolve } from "node:path";

import { Argument } from "@commander-js/extra-typings";

import { STATE_STACK } from "../../config/names";
import { loadStateBucket } from "../../config/state-bucket";
import { awsClients } from "../lib/aws-clients";
import { cdktfCalls, cdktfEnvironment, hasTerminal, requireApproval, runCdktf } from "../lib/cdktf";
import { FROM_USER, npmCommand, run, UsageError } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { synthesize } from "../lib/synthesize";
import { requireTerraform } from "../lib/terraform-version";
import { existingBucket, exportLines, isManaged } from "./state-bucket";

/** Where the bucket's stack is synthesized; beside `cdktf.out`, so that its local state lies beside the others. */
export const STATE_OUTPUT = "cdktf.out.state";

const ACTIONS = ["synth", "diff", "deploy"] as const;

export const command = npmCommand(
  "bootstrap-state",
  "Creates the S3 bucket CAREPATH_STATE_BUCKET for the Terraform state.",
)
  .addArgument(new Argument("[action]", "what to do").choices(ACTIONS).default("deploy" as const))
  .option("--dry-run", "show the plan only; the same as diff", false)
  .option("--auto-approve", "do not ask; needed without a terminal", false)
  .option("--adopt", "take over a bucket that this account has already", false)
  .option("--hcl", "with synth: HCL instead of JSON", false)
  .option("--no-color", "plain text")
  .addHelpText("after", "\nNo command destroys the bucket; docs/runbook.md says how it goes.");

/** What an invocation stands for: the action, and the call of cdktf where it takes one. */
export function stateCall(argv: readonly string[], terminal: boolean) {
  const [given] = command.parse(argv, FROM_USER).processedArgs;
  const { dryRun, autoApprove, adopt, hcl, color } = command.opts();
  const action = dryRun ? "diff" : given;
  const app = ["state.ts", ...(adopt ? ["--adopt"] : [])];
  if (action === "synth") return { action, app, hcl, adopt, words: [] };
  const flags = [...(autoApprove && action === "deploy" ? ["--auto-approve"] : []), ...(color ? [] : ["--no-color"])];
  const options = [...flags, "--app", ["node", "--import", "tsx", ...app].join(" "), "--output", STATE_OUTPUT];
  const invocation = { command: action, stacks: [STATE_STACK], options, terminal };
  if (action === "deploy") requireApproval("bootstrap-state", invocation, "npm run bootstrap-state -- --dry-run");
  const [words = []] = cdktfCalls(invocation, () => [STATE_STACK]);
  return { action, app, hcl, adopt, words };
}

async function main(argv: readonly string[]): Promise<number> {
  const terminal = hasTerminal();
  const { action, app, hcl, adopt, words } = stateCall(argv, terminal);
  const env = cdktfEnvironment(process.env, terminal);
  const config = loadStateBucket(process.env);
  const outputFolder = resolve(ROOT, STATE_OUTPUT);
  if (action === "synth") return synthesize({ outputFolder, env, app, hcl });
  requireTerraform(env);
  if (!adopt && !isManaged(resolve(ROOT, `terraform.${STATE_STACK}.tfstate`), config.bucket)) {
    const problem = await existingBucket(awsClients({ region: config.region }).s3(config.region), config);
    if (problem !== undefined) throw new UsageError(problem);
  }
  if (action === "diff") {
    const status = synthesize({ outputFolder, env, app });
    if (status !== 0) return status;
  }
  const status = runCdktf(words, env);
  if (action === "deploy" && status === 0) {
    process.stdout.write(`\nPut these lines into your environment (and keep terraform.${STATE_STACK}.tfstate):\n`);
    process.stdout.write(exportLines(config));
  }
  return status;
}

if (require.main === module) void run(main);
