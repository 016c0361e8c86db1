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
import { deployStacks, diffStacks } from "../lib/change-stacks";
import { FROM_USER, npmCommand, run, UsageError } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { AS_SYNTHESIZED, prepareStacks, requireApproval } from "../lib/stack-command";
import { synthesize } from "../lib/synthesize";
import { existingBucket, exportLines, isManaged } from "./state-bucket";

/** Where the bucket's stack is synthesized; beside `cdktf.out`, so that its local state lies beside the others. */
const STATE_OUTPUT = "cdktf.out.state";

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
  .addHelpText("after", "\nNo command destroys the bucket; docs/runbook.md says how it goes.");

/** What an invocation stands for: the action, and the app that is synthesized for it. */
export function stateCall(argv: readonly string[]) {
  const [given] = command.parse(argv, FROM_USER).processedArgs;
  const { dryRun, autoApprove, adopt, hcl } = command.opts();
  const action = dryRun ? "diff" : given;
  return { action, autoApprove, app: ["state.ts", ...(adopt ? ["--adopt"] : [])], hcl, adopt };
}

async function main(argv: readonly string[]): Promise<number> {
  const { action, autoApprove, app, hcl, adopt } = stateCall(argv);
  if (action === "deploy") requireApproval("bootstrap-state", autoApprove, "npm run bootstrap-state -- --dry-run");
  const { env } = process;
  const config = loadStateBucket(env);
  const outputFolder = resolve(ROOT, STATE_OUTPUT);
  const synthesized = synthesize({ outputFolder, env, app, hcl: hcl && action === "synth" });
  if (action === "synth" || synthesized !== 0) return synthesized;
  const stacks = prepareStacks([], { ...AS_SYNTHESIZED, output: STATE_OUTPUT, autoApprove }, "compare", env);
  if (!adopt && !isManaged(resolve(ROOT, `terraform.${STATE_STACK}.tfstate`), config.bucket)) {
    const problem = await existingBucket(awsClients({ region: config.region }).s3(config.region), config);
    if (problem !== undefined) throw new UsageError(problem);
  }
  if (action === "diff") return diffStacks(stacks);
  const status = await deployStacks(stacks);
  if (status === 0) {
    process.stdout.write(`\nPut these lines into your environment (and keep terraform.${STATE_STACK}.tfstate):\n`);
    process.stdout.write(exportLines(config));
  }
  return status;
}

if (require.main === module) void run(main);
