/**
 * `npm run validate`: what Terraform itself says about every stack of every environment, without AWS.
 *
 * Providers come from a mirror on this machine (`TF_PLUGIN_MIRROR`, or found in the usual places; an older version than
 * the pinned one is used and named), with `-- --online` from the registry. Stacks whose providers cannot be had are
 * named and skipped; with `-- --require`, as in CI, that fails. The cluster stack and the state bucket are planned as well, with mock credentials: they read nothing from AWS.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { STATE_STACK } from "../../config/names";
import { stacksOf, terraformProblem } from "../lib/cdktf";
import { findMirror } from "./provider-mirror";
import { commandLine, UsageError } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { checkStack, prepareStack, summarize, type Outcome, type StackJson } from "./validate-stack";

/** What an environment needs from outside; nothing of it is contacted. */
const BUCKET = { CAREPATH_STATE_BUCKET: "carepath-validate" };
const VARIABLES: Readonly<Record<string, NodeJS.ProcessEnv>> = {
  demo: {},
  production: { ...BUCKET, CAREPATH_IMAGE_TAG: "validate", CAREPATH_GITHUB_REPOSITORY: "acme/carepath-chat" },
  local: {},
  /** The bucket of the state is an app of its own. */
  state: BUCKET,
};

const USAGE = `usage: npm run validate [-- options]

Runs terraform validate on every stack of every environment, without AWS. Exit code 1 when one is invalid.

  --online     providers from the registry instead of a mirror on this machine
  --require    fail too when a stack is skipped, or validated with another provider than the pinned one
  --help       print this text
`;

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

function main(argv: readonly string[]): number {
  const options = commandLine(USAGE, argv, {
    online: { type: "boolean", default: false },
    require: { type: "boolean", default: false },
  });
  if (options === undefined) return 0;
  const { online } = options;
  const nothing = options.require ? 1 : 0;
  const { status, stdout } = spawnSync("terraform", ["version", "-json"], { encoding: "utf8" });
  const problem = terraformProblem("terraform", status === 0 ? stdout : undefined);
  if (problem !== undefined) return say(`nothing validated: ${problem}`, nothing);
  const mirror = online ? undefined : findMirror(process.env);
  if (!online && mirror === undefined) {
    return say(
      "nothing validated: no provider mirror found. Set TF_PLUGIN_MIRROR, or run: npm run validate -- --online",
      nothing,
    );
  }
  say(online ? "providers: from the registry" : `providers: from ${mirror ?? ""}`, 0);
  const counts: Record<Outcome, number> = { valid: 0, older: 0, invalid: 0, skipped: 0 };
  for (const [environment, variables] of Object.entries(VARIABLES)) {
    const outdir = mkdtempSync(join(tmpdir(), "carepath-synth-"));
    try {
      const [app, name] = environment === "state" ? ["state.ts", "demo"] : ["main.ts", environment];
      const env = { ...withoutOverrides(process.env), ...variables, CAREPATH_ENV: name, CDKTF_OUTDIR: outdir };
      const synth = spawnSync(process.execPath, ["--import", "tsx", app], { cwd: ROOT, env, stdio: "inherit" });
      if (synth.status !== 0) return say(`${environment}: synth failed`, 1);
      for (const name of stacksOf(readFileSync(join(outdir, "manifest.json"), "utf8")))
        counts[validate(outdir, name, mirror)] += 1;
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  }
  const { text, passed } = summarize(counts, options.require);
  return say(text, passed ? 0 : 1);
}

function validate(outdir: string, name: string, mirror: string | undefined): Outcome {
  const stack = JSON.parse(readFileSync(join(outdir, "stacks", name, "cdk.tf.json"), "utf8")) as StackJson;
  const { json, notes, older, missing } = prepareStack(stack, mirror);
  if (missing.length > 0) {
    say(`skipped  ${name}: the mirror has no ${missing.join(", no ")}`, 0);
    return "skipped";
  }
  const { ok, text } = checkStack(json, { mirror, plan: name.endsWith("-cluster") || name === STATE_STACK });
  const valid = older.length === 0 ? "valid   " : `valid with an older provider (${older.join(", ")})`;
  say(`${ok ? valid : "INVALID "} ${name}: ${text}`, 0);
  for (const note of notes) say(`         ${note}`, 0);
  if (!ok) return "invalid";
  return older.length === 0 ? "valid" : "older";
}

/** The user's own overrides belong to the environment that they work on, not to all of them. */
function withoutOverrides(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("CAREPATH_")));
}

function say(text: string, exitCode: number): number {
  process.stdout.write(`${text}\n`);
  return exitCode;
}
