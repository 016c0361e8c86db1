/** `npm run synth`: writes the Terraform configuration. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

import { readConfig } from "../../config/load";
import { stackNames } from "../../config/names";
import { FROM_USER, npmCommand, run, UsageError } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { environmentLine } from "../lib/stack-command";
import { annotationLines, stackFolders } from "../lib/stack-folders";
import { synthesize } from "../lib/synthesize";
import { manifestsOf } from "./manifests";

export const command = npmCommand(
  "synth",
  "Writes the Terraform configuration of the environment that CAREPATH_ENV names.",
)
  .option("-o, --output <folder>", "where to", "cdktf.out")
  .option("--hcl", "HCL instead of JSON", false)
  .option("--manifests", "the chat stack as plain Kubernetes YAML too, for a cluster without Terraform", false);

function main(argv: readonly string[]): number {
  const { output, hcl, manifests } = command.parse(argv, FROM_USER).opts();
  if (hcl && manifests) throw new UsageError("--hcl and --manifests contradict each other. Choose one.");
  const outputFolder = resolve(ROOT, output);
  const status = synthesize({ outputFolder, env: process.env, hcl });
  if (status !== 0) return status;
  for (const line of annotationLines(outputFolder)) process.stderr.write(`${line}\n`);
  if (manifests) return writeManifests(outputFolder);
  const file = hcl ? "cdk.tf" : "cdk.tf.json";
  const lines = stackFolders(outputFolder).map(({ name, folder }) => summaryLine(name, join(folder, file)));
  process.stdout.write([environmentLine(process.env), ...lines, hcl ? AS_HCL : NEXT, ""].join("\n"));
  return 0;
}

function writeManifests(outputFolder: string): number {
  const { chat } = stackNames(readConfig(process.env).environment);
  const { text, notes } = manifestsOf(stackFolders(outputFolder), chat);
  const file = join(outputFolder, `${chat}.yaml`);
  writeFileSync(file, text);
  const path = relative(process.cwd(), file);
  process.stdout.write(
    [environmentLine(process.env), ...notes, `Wrote ${path}. Next: kubectl apply --filename ${path}`, ""].join("\n"),
  );
  return 0;
}

const AS_HCL = "Nothing was deployed. Terraform reads each of these folders as it is.";
const NEXT = "Nothing was deployed. Next: npm run doctor, npm run diff (what a deploy would change), npm run deploy.";

/** `carepath-demo-cluster: 46 resources in cdktf.out/...`, the path from where the caller stands. */
export function summaryLine(name: string, file: string): string {
  const text = readFileSync(file, "utf8");
  const count = file.endsWith(".json")
    ? Object.values((JSON.parse(text) as { resource?: Record<string, object> }).resource ?? {}).flatMap(Object.keys)
        .length
    : [...text.matchAll(/^resource "/gm)].length;
  return `  ${name}: ${count} resources in ${relative(process.cwd(), file)}`;
}

if (require.main === module) void run(main);
