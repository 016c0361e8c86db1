/**
 * `npm run diff | deploy | destroy`: cdktf with what it needs to behave.
 *
 * - Without a stack, `deploy` and `destroy` take all of them (cdktf orders them by their dependencies). `diff` goes
 *   through them one by one, because cdktf can only diff one stack a call.
 * - Every call that takes the state lock waits for it, so that two people wait for each other instead of failing.
 * - Without a terminal: `CI=1` and `--no-color`, because cdktf's interactive view crashes there. `deploy` and `destroy`
 *   then need `--auto-approve`, because no one can answer the question.
 */
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";

import { type Command } from "@commander-js/extra-typings";

import { npmCommand, UsageError } from "./command-line";
import { ROOT } from "./repository";
import { clearStacks } from "./synth-output";
import { requireTerraform } from "./terraform-version";

export type CdktfCommand = "diff" | "deploy" | "destroy";

/** How long Terraform waits for a state lock that someone else holds. */
export const LOCK_TIMEOUT = "5m";

export interface Invocation {
  readonly command: CdktfCommand;
  /** Names of stacks; none stands for all. */
  readonly stacks: readonly string[];
  /** Options for cdktf, as words. */
  readonly options: readonly string[];
  readonly terminal: boolean;
}

/** True where a person can answer a question. */
export function hasTerminal(): boolean {
  return process.stdout.isTTY && process.stdin.isTTY;
}

/** The environment in which cdktf runs. What the user has set stays. */
export function cdktfEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): Record<string, string> {
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
 * The calls of cdktf that a command stands for, in order. A diff reads what was synthesized before.
 * @param all names of the stacks of the environment in the order of their deployment
 */
export function cdktfCalls(
  { command, stacks, options, terminal }: Invocation,
  all: () => readonly string[],
): string[][] {
  const words = terminal || options.includes("--no-color") ? options : [...options, "--no-color"];
  if (command !== "diff") return [[command, ...(stacks.length === 0 ? ["*"] : stacks), ...words]];
  const skip = words.includes("--skip-synth") ? [] : ["--skip-synth"];
  return (stacks.length === 0 ? all() : stacks).map((stack) => [command, stack, ...words, ...skip]);
}

/** @throws {UsageError} for a change that no one can approve; `read` is the call that shows the plan */
export function requireApproval(name: string, { options, terminal }: Invocation, read: string): void {
  if (terminal || options.includes("--auto-approve")) return;
  throw new UsageError(
    `${name} without a terminal: no one can approve the plan. Read it first (${read}), then add --auto-approve: npm run ${name} -- --auto-approve.`,
  );
}

/** Runs cdktf-cli with these words, in this terminal. Returns its exit code. */
export function runCdktf(words: readonly string[], env: NodeJS.ProcessEnv): number {
  const cdktf = join(dirname(require.resolve("cdktf-cli/package.json")), "bundle", "bin", "cdktf");
  process.stderr.write(`> cdktf ${words.join(" ")}\n`);
  const { status, error } = spawnSync(process.execPath, [cdktf, ...words], { cwd: ROOT, env, stdio: "inherit" });
  if (error) throw error;
  return status ?? 1;
}

/** The command line of `diff`, `deploy` and `destroy`: the options of cdktf that all of them have. */
export function cdktfCommand(name: CdktfCommand, description: string) {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  return npmCommand(name, description)
    .argument("[stacks...]", "names of stacks; none stands for all of them")
    .option("-o, --output <folder>", "folder of the synthesized output", "cdktf.out")
    .option("--skip-synth", "take the output that is there")
    .option("--refresh-only", "compare the state with what exists and change nothing")
    .option("--var <name=value>", "value of an input variable; may be repeated", collect)
    .option("--var-file <file>", "values of input variables; may be repeated", collect)
    .option("--migrate-state", "move the state after the backend has changed")
    .option("--terraform-parallelism <number>", "operations of Terraform at a time")
    .option("--skip-provider-lock", "do not lock the providers at the registry")
    .option("--no-color", "plain text");
}

/** The same with the options of a command that changes something. */
export function changingCommand(name: "deploy" | "destroy", description: string) {
  return cdktfCommand(name, description)
    .option("--auto-approve", "do not ask; needed without a terminal")
    .option("--parallelism <number>", "stacks at a time")
    .option("--ignore-missing-stack-dependencies", "take the named stacks without those that they depend on");
}

/** A parsed command line of one of them. Unused type parameters of commander are of no interest here. */
export type ParsedCommand = Pick<Command, "args" | "options" | "getOptionValueSource" | "getOptionValue">;

export function invocationOf(command: CdktfCommand, parsed: ParsedCommand, terminal = hasTerminal()): Invocation {
  return { command, stacks: parsed.args, options: givenOptions(parsed), terminal };
}

/** The options that were given, as the words that cdktf takes. */
export function givenOptions(
  parsed: Pick<ParsedCommand, "options" | "getOptionValueSource" | "getOptionValue">,
): string[] {
  return parsed.options.flatMap((option) => {
    const name = option.attributeName();
    if (option.long == null || parsed.getOptionValueSource(name) !== "cli") return [];
    const value = parsed.getOptionValue(name) as boolean | string | readonly string[];
    const long = option.long;
    return typeof value === "boolean" ? [long] : [value].flat().flatMap((word) => [long, word]);
  });
}

/** `npm run deploy` and `npm run destroy`: one call of cdktf, which synthesizes and orders the stacks itself. */
export function change(command: "deploy" | "destroy", parsed: ParsedCommand): number {
  const invocation = invocationOf(command, parsed);
  requireApproval(command, invocation, "npm run diff");
  const env = cdktfEnvironment(process.env, invocation.terminal);
  requireTerraform(env);
  if (!invocation.options.includes("--skip-synth")) clearStacks(resolve(ROOT, String(parsed.getOptionValue("output"))));
  return cdktfCalls(invocation, () => []).reduce((worst, words) => Math.max(worst, runCdktf(words, env)), 0);
}
