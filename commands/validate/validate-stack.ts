import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { mirroredVersions } from "./provider-mirror";

/** The Terraform JSON of a stack; only what is changed for a check without AWS. */
export interface StackJson {
  readonly terraform: {
    readonly required_providers: Readonly<Record<string, { readonly source: string; readonly version: string }>>;
    readonly [key: string]: unknown;
  };
  readonly provider?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly [key: string]: unknown;
}

export interface Preparation {
  /** What terraform is given. */
  readonly json: StackJson;
  /** What was left out, to be shown. */
  readonly notes: readonly string[];
  /** Providers in another version than the pinned one, e.g. `aws 5.100.0 instead of 6.25.0`. */
  readonly older: readonly string[];
  /** Providers that cannot be had; with one of them the stack is skipped. */
  readonly missing: readonly string[];
}

/** Arguments that only a newer major of a provider knows; left out, with a note, when an older one has to do. */
const NEWER_ARGUMENTS = [{ type: "aws_eks_cluster", argument: "deletion_protection", since: 6 }] as const;

/**
 * Replaces what needs AWS: credentials by mock ones, the backend by none, the look-up of add-on versions by the versions
 * that EKS chooses itself. `mirror` undefined means the registry.
 */
export function prepareStack(stack: StackJson, mirror: string | undefined): Preparation {
  const notes: string[] = [];
  const older: string[] = [];
  const missing: string[] = [];
  const providers = Object.entries(stack.terraform.required_providers).map(([name, pinned]) => {
    if (mirror === undefined) return [name, pinned] as const;
    const versions = mirroredVersions(mirror, pinned.source);
    const version = versions.includes(pinned.version) ? pinned.version : versions.at(-1);
    if (version === undefined) missing.push(`${pinned.source} ${pinned.version}`);
    else if (version !== pinned.version) older.push(`${pinned.source} ${version} instead of ${pinned.version}`);
    return [name, { ...pinned, version: version ?? pinned.version }] as const;
  });
  const terraform = { ...stack.terraform, required_providers: Object.fromEntries(providers), backend: undefined };
  const aws = stack.provider?.["aws"]?.map((provider) => ({
    ...provider,
    access_key: "mock",
    secret_key: "mock",
    skip_credentials_validation: true,
    skip_metadata_api_check: true,
    skip_requesting_account_id: true,
  }));
  const major = Number(terraform.required_providers["aws"]?.version.split(".")[0] ?? Infinity);
  const resource = structuredClone(stack.resource ?? {}) as Record<string, Record<string, Record<string, unknown>>>;
  for (const { type, argument, since } of NEWER_ARGUMENTS) {
    if (major >= since) continue;
    for (const each of Object.values(resource[type] ?? {})) {
      if (each[argument] === undefined) continue;
      Reflect.deleteProperty(each, argument);
      notes.push(`${type}.${argument} left out: it needs major ${since} of the provider`);
    }
  }
  const { aws_eks_addon_version: lookUps, ...data } = stack.data ?? {};
  if (lookUps !== undefined) {
    for (const each of Object.values(resource["aws_eks_addon"] ?? {})) Reflect.deleteProperty(each, "addon_version");
    notes.push("data.aws_eks_addon_version left out: only AWS knows the versions");
  }
  const provider = aws === undefined ? stack.provider : { ...stack.provider, aws };
  return {
    json: {
      ...stack,
      terraform,
      resource,
      data: Object.keys(data).length > 0 ? data : undefined,
      ...(provider === undefined ? {} : { provider }),
    },
    notes,
    older,
    missing,
  };
}

/** What came of a stack; `older` is valid, but with another provider than the pinned one. */
export type Outcome = "valid" | "older" | "invalid" | "skipped";

/** The last line, and whether the run passes: with `strict` only what was checked as it will be deployed does. */
export function summarize(
  { valid, older, invalid, skipped }: Readonly<Record<Outcome, number>>,
  strict: boolean,
): { readonly text: string; readonly passed: boolean } {
  const counts = `${valid} valid, ${older} valid with an older provider, ${invalid} invalid, ${skipped} skipped`;
  const unchecked = older + skipped > 0;
  const hint = strict
    ? "--require asks for every stack with the pinned providers: add --online, or complete the mirror."
    : "Skipped stacks were not checked at all: npm run validate -- --online checks everything.";
  const shown = strict ? unchecked : skipped > 0;
  return { text: shown ? `${counts}. ${hint}` : counts, passed: invalid === 0 && !(strict && unchecked) };
}

export interface CheckResult {
  readonly ok: boolean;
  /** Summary when it passed, terraform's own words when not. */
  readonly text: string;
}

/** `terraform init` and `validate` in a folder of its own, and `plan` where asked for. */
export function checkStack(
  json: StackJson,
  options: { readonly mirror: string | undefined; readonly plan: boolean },
): CheckResult {
  const folder = mkdtempSync(join(tmpdir(), "carepath-validate-"));
  try {
    writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(json));
    const cli = join(folder, "cli.tfrc");
    const installation =
      options.mirror === undefined
        ? ""
        : `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(options.mirror)}\n  }\n}\n`;
    writeFileSync(cli, `disable_checkpoint = true\n${installation}`);
    const terraform = (...args: string[]) => {
      const env = { ...process.env, TF_CLI_CONFIG_FILE: cli, TF_IN_AUTOMATION: "1" };
      const { status, stdout, stderr } = spawnSync("terraform", args, { cwd: folder, env, encoding: "utf8" });
      return { ok: status === 0, text: `${stdout}${stderr}`.trim() };
    };
    const steps = [
      ["init", "-input=false", "-no-color"],
      ["validate", "-no-color"],
      ...(options.plan ? [["plan", "-input=false", "-no-color", "-refresh=false", "-lock=false"]] : []),
    ];
    let last: CheckResult = { ok: true, text: "" };
    for (const step of steps) {
      last = terraform(...step);
      if (!last.ok) return { ok: false, text: `terraform ${step.join(" ")}\n${last.text}` };
    }
    return { ok: true, text: options.plan ? (/^Plan: .*$/m.exec(last.text)?.[0] ?? "No changes.") : "valid" };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
