/** `npm run synth`: writes the Terraform configuration. */
import { join, resolve } from "node:path";

import { FROM_USER, npmCommand, run } from "../lib/command-line";
import { annotationLines, readStacks } from "../lib/manifest";
import { ROOT } from "../lib/repository";
import { synthesize } from "../lib/synthesize";

export const command = npmCommand(
  "synth",
  "Writes the Terraform configuration of the environment that CAREPATH_ENV names.",
)
  .option("-o, --output <folder>", "where to", "cdktf.out")
  .option("--hcl", "HCL instead of JSON", false);

function main(argv: readonly string[]): number {
  const { output, hcl } = command.parse(argv, FROM_USER).opts();
  const outputFolder = resolve(ROOT, output);
  const status = synthesize({ outputFolder, env: process.env, hcl });
  if (status !== 0) return status;
  const stacks = readStacks(outputFolder);
  for (const line of annotationLines(stacks)) process.stderr.write(`${line}\n`);
  for (const { workingDirectory } of stacks) {
    process.stdout.write(`${join(outputFolder, workingDirectory, hcl ? "cdk.tf" : "cdk.tf.json")}\n`);
  }
  return 0;
}

if (require.main === module) void run(main);
