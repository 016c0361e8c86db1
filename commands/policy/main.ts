/**
 * `npm run policy`: checkov over the stacks of every environment, with the decisions of `.checkov.yaml`.
 *
 * Checkov runs on a copy of what synth writes. The copy lacks `terraform.required_version`: checkov expects a block there,
 * cannot read a stack with the plain text, and passes what it cannot read. For the same reason its parsing errors count
 * as failures here.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { FROM_USER, npmCommand, run } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { EXAMPLES, withExample } from "../lib/synthesize";

const CONFIG = ".checkov.yaml";
const INSTALL = "pipx install checkov==3.3.30";

/** Rules that do not apply to an environment. */
const SKIPPED: Readonly<Record<string, readonly string[]>> = {
  // Versions of its model mirror: a model is never overwritten, and its sha256 says whether it is the right one.
  production: ["CKV_AWS_21"],
  // Its image is loaded into the nodes and is in no registry: `Always` (CKV_K8S_15) would make the pod fail.
  local: ["CKV_K8S_15"],
};

export const command = npmCommand("policy", "Runs checkov over the stacks of every environment.").addHelpText(
  "after",
  `\nThe decisions are in ${CONFIG}. Checkov is a separate program: ${INSTALL}`,
);

/** Arguments of checkov. What is skipped is repeated, because the command line replaces the list of the file. */
export function checkovArguments(folder: string, configText: string, skip: readonly string[]): string[] {
  const { "skip-check": decided } = parse(configText) as { readonly "skip-check": readonly string[] };
  return ["--config-file", CONFIG, "--directory", folder, "--skip-check", [...decided, ...skip].join(",")];
}

/** Terraform JSON of a stack without what checkov cannot read. */
export function readable(stackText: string): string {
  const stack = JSON.parse(stackText) as { terraform: { required_version?: string } };
  delete stack.terraform.required_version;
  return JSON.stringify(stack, undefined, 2);
}

/** True when every file was read and every check passed. */
export function passed(status: number | null, output: string): boolean {
  return status === 0 && /Passed checks: [1-9]/.test(output) && !/Failed to parse|Parsing errors: [1-9]/.test(output);
}

function main(argv: readonly string[]): number {
  command.parse(argv, FROM_USER);
  if (spawnSync("checkov", ["--version"]).error) throw new Error(`checkov cannot be run. Install it: ${INSTALL}`);
  const results = Object.keys(EXAMPLES).map((name) =>
    withExample(name, (outputFolder) => {
      for (const stack of readdirSync(join(outputFolder, "stacks"))) {
        const file = join(outputFolder, "stacks", stack, "cdk.tf.json");
        writeFileSync(file, readable(readFileSync(file, "utf8")));
      }
      const args = checkovArguments(outputFolder, readFileSync(join(ROOT, CONFIG), "utf8"), SKIPPED[name] ?? []);
      const { status, stdout, stderr } = spawnSync("checkov", args, { cwd: ROOT, encoding: "utf8" });
      process.stdout.write(`${name}: ${`${stdout}${stderr}`.trim()}\n\n`);
      return passed(status, `${stdout}${stderr}`);
    }),
  );
  return results.every(Boolean) ? 0 : 1;
}

if (require.main === module) void run(main);
