import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { terraformBinary } from "../lib/terraform-version";

/** The Terraform JSON of a stack; only what is changed for a check without AWS. */
export interface StackJson {
  readonly terraform: Readonly<Record<string, unknown>>;
  readonly provider?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly [key: string]: unknown;
}

/** Versions of providers that replace the pinned ones, by name: `{ aws: "6.47.0" }`. */
export type ProviderVersions = Readonly<Record<string, string>>;

/** Replaces what needs AWS: credentials by mock ones, the backend by none. */
export function prepareStack(stack: StackJson, versions: ProviderVersions = {}): StackJson {
  const aws = stack.provider?.["aws"]?.map((provider) => ({
    ...provider,
    access_key: "mock",
    secret_key: "mock",
    skip_credentials_validation: true,
    skip_metadata_api_check: true,
    skip_requesting_account_id: true,
  }));
  return {
    ...stack,
    terraform: { ...stack.terraform, backend: undefined, required_providers: requiredProviders(stack, versions) },
    ...(aws && { provider: { ...stack.provider, aws } }),
  };
}

/** The providers of a stack, some of them in another version. */
export function requiredProviders({ terraform }: StackJson, versions: ProviderVersions): Record<string, object> {
  const pinned = (terraform["required_providers"] ?? {}) as Record<string, { version: string }>;
  return Object.fromEntries(
    Object.entries(pinned).map(([name, provider]) => [
      name,
      { ...provider, version: versions[name] ?? provider.version },
    ]),
  );
}

/** What came of a stack. It is not checked where Terraform cannot get its providers. */
export type Outcome = "valid" | "invalid" | "not checked";

/** The last line, and whether the run passes; with `required`, only when every stack was checked. */
export function summarize(
  outcomes: readonly Outcome[],
  required: boolean,
): { readonly text: string; readonly passed: boolean } {
  const count = (outcome: Outcome) => outcomes.filter((other) => other === outcome).length;
  const unchecked = count("not checked");
  const nothing = unchecked === outcomes.length ? "SKIPPED, nothing was validated: " : "";
  const hint =
    unchecked === 0
      ? ""
      : ". Terraform could not get the providers of what was not checked; --provider NAME=VERSION takes another version.";
  return {
    text: `${nothing}${count("valid")} valid, ${count("invalid")} invalid, ${unchecked} not checked${hint}`,
    passed: count("invalid") === 0 && !(required && unchecked > 0),
  };
}

export interface CheckResult {
  readonly outcome: Outcome;
  /** Summary when it passed, terraform's own words when not. */
  readonly text: string;
}

export interface CheckProps {
  /** Texts by file name. */
  readonly files: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
  /** Run `terraform plan` as well. @default false */
  readonly plan?: boolean;
  /** Another version of a provider is used than the pinned one. What it does not have is then not checked. @default false */
  readonly substituted?: boolean;
  /** Run `terraform fmt -check` on this file as well. @default none */
  readonly format?: string;
}

/** `terraform init` and `validate` in a temporary folder, and more where asked for. A warning makes a stack invalid. */
export function checkStack({ files, env, plan = false, substituted = false, format }: CheckProps): CheckResult {
  const folder = mkdtempSync(join(tmpdir(), "carepath-validate-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const steps = [
      ["init", "-backend=false", "-input=false", "-no-color"],
      ["validate", "-no-color"],
      ...(format === undefined ? [] : [["fmt", "-check", "-diff", "-no-color", format]]),
      ...(plan ? [["plan", "-input=false", "-no-color", "-refresh=false", "-lock=false"]] : []),
    ];
    let text = "";
    for (const step of steps) {
      const { status, stdout, stderr } = spawnSync(terraformBinary(env), step, { cwd: folder, env, encoding: "utf8" });
      text = `${stdout}${stderr}`.trim();
      if (status === 0 && !(step[0] === "validate" && text.includes("Warning: "))) continue;
      // Without providers the stack stays unknown, and the first line of the error is enough.
      if (step[0] === "init") return { outcome: "not checked", text: /^Error: .*$/m.exec(text)?.[0] ?? text };
      const lacking = substituted ? lackingTypes(text) : [];
      if (lacking.length > 0)
        return { outcome: "not checked", text: `the provider of --provider does not have ${lacking.join(", ")}` };
      return { outcome: "invalid", text: `terraform ${step.join(" ")}\n${text}` };
    }
    return { outcome: "valid", text: plan ? (/^Plan: .*$/m.exec(text)?.[0] ?? "No changes.") : "valid" };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The types that a provider does not have, where that is all that Terraform complains of. */
function lackingTypes(text: string): string[] {
  const errors = text.match(/^Error: .*$/gm) ?? [];
  if (errors.some((error) => !/^Error: Invalid (resource type|data source)$/.test(error))) return [];
  const types = [...text.matchAll(/does not support (?:resource type|data source)\s+"(\w+)"/g)];
  return [...new Set(types.map(([, type]) => type ?? ""))].sort();
}
