/** `npm run synth`: writes the Terraform configuration. */
import { join, resolve } from "node:path";

import { FROM_USER, npmCommand, run } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { annotationLines, stackFolders } from "../lib/stack-folders";
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
  for (const line of annotationLines(outputFolder)) process.stderr.write(`${line}\n`);
  for (const { folder } of stackFolders(outputFolder)) {
    process.stdout.write(`${join(folder, hcl ? "cdk.tf" : "cdk.tf.json")}\n`);
  }
  return 0;
}

if (require.main === module) void run(main);
