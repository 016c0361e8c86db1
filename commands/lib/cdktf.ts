/**
 * `npm run synth | diff | deploy | destroy [-- arguments]`: cdktf with what it needs to behave, and nothing more.
 * Arguments go through as they are. What is added:
 *
 * - no stack named: `deploy` and `destroy` take all of them (cdktf orders them by their dependencies), `diff` goes through
 *   them one by one, because cdktf can only diff one stack a call;
 * - `-lock-timeout=5m` for every call that takes the state lock, so that two people wait for each other instead of failing;
 * - without a terminal: `CI=1` and `--no-color`, because cdktf's interactive view crashes there; `deploy` and `destroy`
 *   then need `--auto-approve`, because nobody could answer the question.
 *
 * `synth` without arguments runs the app itself: it writes the same files, and needs neither terraform nor cdktf-cli.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { ConfigError } from "../../config/config-error";
import { loadConfig } from "../../config/load";
import { PLACEHOLDER_CIDR } from "../../config/rules";
import { UsageError } from "./command-line";
import { ROOT } from "./repository";
import { clearStacks, repairStacks } from "./synth-output";

export const COMMANDS = ["synth", "diff", "deploy", "destroy"] as const;
export type Command = (typeof COMMANDS)[number];

/**
 * Oldest Terraform that runs the output: write-only attributes (the API keys) came with 1.11, native S3 lock files with 1.10.
 * @see https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only
 */
export const OLDEST_TERRAFORM = "1.11.0";

/** How long Terraform waits for somebody else's state lock. */
export const LOCK_TIMEOUT = "5m";

type Environment = Readonly<Record<string, string | undefined>>;

export interface Invocation {
  readonly command: Command;
  /** What the user wrote behind the command. */
  readonly args: readonly string[];
  readonly env: Environment;
  readonly terminal: boolean;
}

/** The environment in which cdktf runs. What the user has set already stays. */
export function cdktfEnvironment({ env, terminal }: Pick<Invocation, "env" | "terminal">): Record<string, string> {
  const kept = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const defaults = { CHECKPOINT_DISABLE: "1", ...(terminal ? {} : { CI: "1" }) };
  const locks = ["plan", "apply", "destroy"].map((action) => {
    const name = `TF_CLI_ARGS_${action}`;
    const given = kept[name] ?? "";
    return [name, given.includes("-lock-timeout") ? given : `${given} -lock-timeout=${LOCK_TIMEOUT}`.trim()];
  });
  return { ...defaults, ...kept, ...(Object.fromEntries(locks) as Record<string, string>) };
}

/**
 * The cdktf calls that a command stands for, in order.
 * @param stacks names of the stacks of the environment in the order of their deployment; needed by `diff` without a name
 * @throws {UsageError} for a `deploy` or `destroy` that nobody could approve
 */
export function cdktfCalls(invocation: Invocation, stacks: () => readonly string[]): string[][] {
  const { command, args, terminal } = invocation;
  const changes = command === "deploy" || command === "destroy";
  const help = args.includes("--help") || args.includes("-h");
  if (changes && !terminal && !help && !args.includes("--auto-approve")) {
    throw new UsageError(
      `${command} without a terminal: nobody can approve the plan. ` +
        `Read it first (npm run diff), then add --auto-approve: npm run ${command} -- --auto-approve.`,
    );
  }
  const given = terminal || args.includes("--no-color") || command === "synth" ? [...args] : [...args, "--no-color"];
  if (help || command === "synth" || namesStack(args)) return [[command, ...given]];
  if (command === "diff") {
    const skip = args.includes("--skip-synth") ? [] : ["--skip-synth"];
    return stacks().map((stack) => [command, stack, ...given, ...skip]);
  }
  return [[command, "*", ...given]];
}

/** Stack names of a synthesized app, dependencies first. */
export function stacksOf(manifestText: string): string[] {
  const { stacks } = JSON.parse(manifestText) as { stacks: Record<string, { dependencies: string[] }> };
  const ordered: string[] = [];
  const add = (name: string): void => {
    if (ordered.includes(name)) return;
    stacks[name]?.dependencies.forEach(add);
    ordered.push(name);
  };
  Object.keys(stacks).sort().forEach(add);
  return ordered;
}

/** What is wrong with the answer of `terraform version -json`, as a sentence with its fix; undefined when it will do. */
export function terraformProblem(binary: string, answer: string | undefined): string | undefined {
  const fix = `Install Terraform ${OLDEST_TERRAFORM} or newer, or name another binary in TERRAFORM_BINARY_NAME.`;
  if (answer === undefined) return `"${binary}" cannot be run, and cdktf plans and applies through it. ${fix}`;
  const version = /"terraform_version":\s*"(\d+\.\d+\.\d+)/.exec(answer)?.[1];
  if (version === undefined) return `"${binary} version -json" does not name a version. ${fix}`;
  if (version.localeCompare(OLDEST_TERRAFORM, "en", { numeric: true }) >= 0) return undefined;
  return `"${binary}" is version ${version}, and the stacks need write-only attributes and S3 lock files. ${fix}`;
}

/** Options of cdktf that take a value as the next word; a word behind one of them is not a stack name. */
const WITH_VALUE = new Set(
  "-a --app -o --output --outputs-file --parallelism --terraform-parallelism --var --var-file --log-level".split(" "),
);

function namesStack(args: readonly string[]): boolean {
  return args.some((arg, index) => !arg.startsWith("-") && !WITH_VALUE.has(args[index - 1] ?? ""));
}

/** Warnings of the constructs, a line each; cdktf prints them itself. */
export function annotationLines(manifestText: string): string[] {
  const { stacks } = JSON.parse(manifestText) as {
    stacks: Record<string, { annotations: { level: string; message: string }[] }>;
  };
  return Object.entries(stacks).flatMap(([name, { annotations }]) =>
    annotations.map(({ level, message }) => `${level.replace("@cdktf/", "")}: ${name}: ${message}`),
  );
}

/** @throws {UsageError} for API CIDRs that would leave the second stack without a way to the cluster */
export function refusePlaceholder(publicAccessCidrs: readonly string[]): void {
  if (!publicAccessCidrs.includes(PLACEHOLDER_CIDR)) return;
  throw new UsageError(
    `cluster.endpoint.publicAccessCidrs (${PLACEHOLDER_CIDR}): is nobody's network, so the platform stack could not reach the cluster. ` +
      "Set CAREPATH_API_CIDRS to your address, e.g. CAREPATH_API_CIDRS=198.51.100.7/32.",
  );
}

/** Runs `main.ts` and prints what it wrote. */
function synthesize(root: string, env: NodeJS.ProcessEnv): number {
  const outdir = resolve(root, env["CDKTF_OUTDIR"] ?? "cdktf.out");
  clearStacks(outdir);
  const app = ["--import", "tsx", "main.ts"];
  const { status, error } = spawnSync(process.execPath, app, {
    cwd: root,
    env: { ...env, CDKTF_OUTDIR: outdir },
    stdio: "inherit",
  });
  if (error) throw error;
  if (status !== 0) return status ?? 1;
  const manifest = readFileSync(join(outdir, "manifest.json"), "utf8");
  for (const line of annotationLines(manifest)) process.stderr.write(`${line}\n`);
  for (const name of stacksOf(manifest)) process.stdout.write(`${join(outdir, "stacks", name, "cdk.tf.json")}\n`);
  return 0;
}

/** Runs cdktf-cli with these words, in this terminal. Returns its exit code. */
export function runCdktf(words: readonly string[], root: string, env: NodeJS.ProcessEnv): number {
  const cdktf = join(dirname(require.resolve("cdktf-cli/package.json")), "bundle", "bin", "cdktf");
  process.stderr.write(`> cdktf ${words.join(" ")}\n`);
  const { status, error } = spawnSync(process.execPath, [cdktf, ...words], { cwd: root, env, stdio: "inherit" });
  if (error) throw error;
  return status ?? 1;
}

/** @throws {UsageError} where there is no Terraform that runs the output */
export function requireTerraform(env: NodeJS.ProcessEnv): void {
  const binary = env["TERRAFORM_BINARY_NAME"] ?? "terraform";
  const { stdout, status } = spawnSync(binary, ["version", "-json"], { env, encoding: "utf8" });
  const problem = terraformProblem(binary, status === 0 ? stdout : undefined);
  if (problem !== undefined) throw new UsageError(problem);
}

/** True when cdktf writes the stacks anew for this command. */
export function synthesizes(args: readonly string[]): boolean {
  return !["--skip-synth", "--help", "-h"].some((option) => args.includes(option));
}

function outputFolder(args: readonly string[]): string {
  const at = args.findIndex((arg) => arg === "--output" || arg === "-o");
  return (at < 0 ? undefined : args[at + 1]) ?? "cdktf.out";
}

function main(words: readonly string[]): number {
  const [command, ...args] = words;
  if (!isCommand(command)) {
    throw new UsageError(
      `"${command ?? ""}" is not one of ${COMMANDS.join(", ")}. Run one of them, e.g. npm run synth.`,
    );
  }
  const root = ROOT;
  const invocation = { command, args, env: process.env, terminal: process.stdout.isTTY && process.stdin.isTTY };
  const env = cdktfEnvironment(invocation);
  if (command === "synth" && args.length === 0) return synthesize(root, env);
  if (command === "deploy" && !args.includes("--help")) {
    const { config } = loadConfig();
    if (config.target === "eks") refusePlaceholder(config.cluster.endpoint.publicAccessCidrs);
  }
  const call = (words: readonly string[]): number => runCdktf(words, root, env);
  if (command !== "synth") requireTerraform(env);
  const outdir = resolve(root, outputFolder(args));
  if (synthesizes(args)) clearStacks(outdir);
  const calls = cdktfCalls(invocation, () => {
    const synthArgs = args.includes("--output") ? ["--output", outputFolder(args)] : [];
    if (!args.includes("--skip-synth") && call(["synth", ...synthArgs]) !== 0) {
      throw new UsageError("synth failed, so there is nothing to diff. Its error stands above.");
    }
    return stacksOf(readFileSync(join(outdir, "manifest.json"), "utf8"));
  });
  // Every stack of a diff is shown, also when one before it fails: the later ones often fail only because the first of
  // them is not deployed yet.
  const worst = calls.reduce((code, words) => Math.max(code, call(words)), 0);
  if (args.includes("--hcl")) repairStacks(outdir, OLDEST_TERRAFORM);
  return worst;
}

function isCommand(word: string | undefined): word is Command {
  return COMMANDS.some((command) => command === word);
}

if (require.main === module) {
  try {
    process.exitCode = main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
