import { spawnSync } from "node:child_process";

/** The oldest Terraform that has `use_lockfile` for S3 state (1.10) and write-only attributes (1.11). */
export const OLDEST_TERRAFORM = "1.11.0";

/** What the machine answers to `terraform version -json`; undefined when there is no such program. */
export function terraformVersion(env: NodeJS.ProcessEnv): string | undefined {
  const { status, stdout } = spawnSync("terraform", ["version", "-json"], { env, encoding: "utf8" });
  if (status !== 0) return undefined;
  return (JSON.parse(stdout.slice(stdout.indexOf("{"))) as { terraform_version: string }).terraform_version;
}

/** Why this terraform cannot be used, or undefined. */
export function terraformProblem(version: string | undefined): string | undefined {
  const fix = `Install ${OLDEST_TERRAFORM} or newer: https://developer.hashicorp.com/terraform/install`;
  if (version === undefined) return `terraform (not found on the PATH): diff, deploy and destroy run it. ${fix}`;
  if (isOlder(version, OLDEST_TERRAFORM)) {
    return `terraform (${version}): lock files in S3 and write-only attributes need ${OLDEST_TERRAFORM}. ${fix}`;
  }
  return undefined;
}

function isOlder(version: string, other: string): boolean {
  const numbers = (text: string) => text.replace(/-.*$/, "").split(".").map(Number);
  const [left, right] = [numbers(version), numbers(other)];
  const index = left.findIndex((number, position) => number !== right[position]);
  return index !== -1 && (left[index] ?? 0) < (right[index] ?? 0);
}
