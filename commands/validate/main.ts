/** `npm run validate`: what Terraform itself says about every stack of every environment, without AWS. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { STATE_STACK } from "../../config/names";
import { FROM_USER, npmCommand, run } from "../lib/command-line";
import { stackFolders } from "../lib/stack-folders";
import { EXAMPLES, withExample } from "../lib/synthesize";
import { installedTerraformProblem } from "../lib/terraform-version";
import { checkStack, prepareStack, summarize, type Outcome, type StackJson } from "./validate-stack";

export const command = npmCommand(
  "validate",
  "Runs terraform validate on every stack of every environment, without AWS.",
)
  .option("--require", "fail too when a stack could not be checked", false)
  .addHelpText(
    "after",
    "\nTerraform gets the providers as it is set up to: from the registry, or from a mirror that TF_CLI_CONFIG_FILE names.\n" +
      "Exit code 1 when a stack is invalid.",
  );

function main(argv: readonly string[]): number {
  const { require: required } = command.parse(argv, FROM_USER).opts();
  const problem = installedTerraformProblem(process.env);
  if (problem !== undefined) {
    say(`SKIPPED, nothing was validated: ${problem}`);
    return required ? 1 : 0;
  }
  const cache = mkdtempSync(join(tmpdir(), "carepath-providers-"));
  try {
    const env = { TF_PLUGIN_CACHE_DIR: cache, ...process.env, TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" };
    const outcomes = Object.keys(EXAMPLES).flatMap((example) =>
      withExample(example, (outputFolder) =>
        stackFolders(outputFolder).map(({ name, folder }) => validate(name, folder, env)),
      ),
    );
    const { text, passed } = summarize(outcomes, required);
    say(text);
    return passed ? 0 : 1;
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/** The cluster stack and the state bucket are planned as well: they read nothing from AWS. */
function validate(name: string, folder: string, env: NodeJS.ProcessEnv): Outcome {
  const stack = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")) as StackJson;
  const { json, notes } = prepareStack(stack);
  const { outcome, text } = checkStack(json, { env, plan: name.endsWith("-cluster") || name === STATE_STACK });
  say(`${outcome.padEnd(11)} ${name}: ${text}`);
  for (const note of notes) say(`${" ".repeat(12)}${note}`);
  return outcome;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

if (require.main === module) void run(main);
