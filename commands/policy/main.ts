/**
 * `npm run policy`: checkov over the stacks of every environment, with the decisions of `.checkov.yaml`.
 *
 * Checkov (from PyPI, e.g. `pipx install checkov==3.3.30`) is run once for each environment on a copy of what synth
 * writes. The copy lacks `terraform.required_version`: checkov expects a block there, cannot read a stack with the
 * plain text, and passes what it cannot read. For the same reason its parsing errors count as failures here.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { ROOT } from "../lib/repository";

const CONFIG = ".checkov.yaml";

/** What an environment needs from outside, and the rules that do not apply to it. */
interface Case {
  /** Another app than that of the environments. @default "main.ts" */
  readonly app?: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly skip: readonly string[];
}

const BUCKET = { CAREPATH_STATE_BUCKET: "carepath-policy" };

export const CASES: Readonly<Record<string, Case>> = {
  demo: { variables: {}, skip: [] },
  production: {
    variables: { ...BUCKET, CAREPATH_IMAGE_TAG: "policy", CAREPATH_GITHUB_REPOSITORY: "acme/carepath-chat" },
    skip: [],
  },
  // Its image is loaded into the nodes and is in no registry: `Always` (CKV_K8S_15) would make the pod fail.
  local: { variables: {}, skip: ["CKV_K8S_15"] },
  "the state bucket": { app: "state.ts", variables: { ...BUCKET, CAREPATH_ENV: "demo" }, skip: [] },
};

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

function main(): number {
  if (spawnSync("checkov", ["--version"]).error) {
    process.stderr.write("checkov cannot be run. Install it, e.g. pipx install checkov==3.3.30.\n");
    return 1;
  }
  const results = Object.entries(CASES).map(([environment, { app = "main.ts", variables, skip }]) => {
    const outdir = mkdtempSync(join(tmpdir(), "carepath-policy-"));
    try {
      const env = { ...withoutOverrides(process.env), CAREPATH_ENV: environment, ...variables, CDKTF_OUTDIR: outdir };
      const synth = spawnSync(process.execPath, ["--import", "tsx", app], { cwd: ROOT, env, stdio: "inherit" });
      if (synth.status !== 0) return false;
      for (const name of readdirSync(join(outdir, "stacks"))) {
        const file = join(outdir, "stacks", name, "cdk.tf.json");
        writeFileSync(file, readable(readFileSync(file, "utf8")));
      }
      const args = checkovArguments(outdir, readFileSync(join(ROOT, CONFIG), "utf8"), skip);
      const { status, stdout, stderr } = spawnSync("checkov", args, { cwd: ROOT, encoding: "utf8" });
      process.stdout.write(`${environment}: ${`${stdout}${stderr}`.trim()}\n\n`);
      return passed(status, `${stdout}${stderr}`);
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  });
  return results.every(Boolean) ? 0 : 1;
}

/** The user's own overrides belong to the environment that they work on, not to all of them. */
function withoutOverrides(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("CAREPATH_")));
}

if (require.main === module) process.exitCode = main();
