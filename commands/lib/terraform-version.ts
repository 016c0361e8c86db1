/** The Terraform binary that every command runs, and the version that the stacks need. */
import { spawnSync } from "node:child_process";

import { UsageError } from "./command-line";
import { atLeast } from "./versions";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Oldest Terraform that runs the output: write-only attributes (the API keys) came with 1.11, native S3 lock files with 1.10.
 * @see https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only
 */
export const OLDEST_TERRAFORM = "1.11.0";

/** `TERRAFORM_BINARY_NAME`, which cdktf reads too, or `terraform`. */
export function terraformBinary(env: Environment): string {
  return env["TERRAFORM_BINARY_NAME"] || "terraform";
}

/** The version in the answer of `terraform version -json`. */
export function terraformVersion(answer: string): string | undefined {
  return /"terraform_version":\s*"(\d+\.\d+\.\d+)/.exec(answer)?.[1];
}

export interface TerraformProblem {
  readonly detail: string;
  readonly fix: string;
}

/** What is wrong with the answer of `terraform version -json`; undefined when it will do. */
export function terraformProblem(binary: string, answer: string | undefined): TerraformProblem | undefined {
  const fix = `Install Terraform ${OLDEST_TERRAFORM} or newer, or name another binary in TERRAFORM_BINARY_NAME.`;
  if (answer === undefined) return { detail: `"${binary}" cannot be run.`, fix };
  const version = terraformVersion(answer);
  if (version === undefined) return { detail: `"${binary} version -json" names no version.`, fix };
  if (atLeast(version, OLDEST_TERRAFORM)) return undefined;
  return {
    detail: `"${binary}" is version ${version}, and the stacks need write-only attributes and S3 lock files.`,
    fix,
  };
}

/** The problem with the binary on this machine, as a sentence with its fix; undefined when it will do. */
export function installedTerraformProblem(env: NodeJS.ProcessEnv): string | undefined {
  const binary = terraformBinary(env);
  const { stdout, status } = spawnSync(binary, ["version", "-json"], { env, encoding: "utf8" });
  const found = terraformProblem(binary, status === 0 ? stdout : undefined);
  return found && `${found.detail} ${found.fix}`;
}

/** @throws {UsageError} where there is no Terraform that runs the output */
export function requireTerraform(env: NodeJS.ProcessEnv): void {
  const problem = installedTerraformProblem(env);
  if (problem !== undefined) throw new UsageError(problem);
}
