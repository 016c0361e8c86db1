/** What `npm run diff`, `deploy` and `destroy` share: their options, and what they check before Terraform starts. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";

import { inspectConfig, loadConfig } from "../../config/load";
import { stackNames } from "../../config/names";
import { type ApprovedChangeProps } from "./change-stacks";
import { npmCommand, UsageError } from "./command-line";
import { ROOT } from "./repository";
import { chosenStacks, type StackFolder, stackFolders } from "./stack-folders";
import { synthesize } from "./synthesize";
import { Terraform } from "./terraform";
import { requireTerraform, terraformBinary } from "./terraform-version";

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** The command line of the three commands. */
export function stackCommand(name: "diff" | "deploy" | "destroy", description: string) {
  return npmCommand(name, description)
    .argument("[stacks...]", "names of stacks; none stands for all of them")
    .option("-o, --output <folder>", "folder of the synthesized output", "cdktf.out")
    .option("--skip-synth", "take the output that is there", false)
    .option("--var <name=value>", "value of an input variable; may be repeated", collect, [] as readonly string[])
    .option("--var-file <file>", "values of input variables; may be repeated", collect, [] as readonly string[])
    .option(
      "--target <address>",
      "only this resource and what it needs; may be repeated",
      collect,
      [] as readonly string[],
    )
    .option("--refresh-only", "compare the state with what exists and change nothing", false)
    .option("--migrate-state", "move the state after the backend has changed", false)
    .option("--parallelism <number>", "operations of Terraform at a time");
}

/** The same with the option of a command that changes something. */
export function changingCommand(name: "deploy" | "destroy", description: string) {
  return stackCommand(name, description).option("--auto-approve", "do not ask; needed without a terminal", false);
}

export type StackOptions = ReturnType<ReturnType<typeof stackCommand>["opts"]> & { readonly autoApprove?: boolean };

/** Takes the output that is there, as a whole and as it is. */
export const AS_SYNTHESIZED: StackOptions = {
  output: "cdktf.out",
  skipSynth: true,
  var: [],
  varFile: [],
  target: [],
  refreshOnly: false,
  migrateState: false,
};

/**
 * Synthesizes where that is wanted, and returns what the stacks are planned with.
 * @param use "send" where the values of ephemeral variables go to the cluster, "compare" where any text will do for them
 * @throws {UsageError} for a missing Terraform, an unknown stack, a missing variable, a failed synth
 */
export function prepareStacks(
  names: readonly string[],
  options: StackOptions,
  use: "send" | "compare",
  env: NodeJS.ProcessEnv,
): ApprovedChangeProps {
  requireTerraform(env);
  const outputFolder = resolve(ROOT, options.output);
  if (!options.skipSynth && synthesize({ outputFolder, env }) !== 0) {
    throw new UsageError("Nothing was planned: synth failed, and its error stands above.");
  }
  const all = stackFolders(outputFolder);
  const chosen = chosenStacks(all, names);
  const placeholders = checkedVariables(chosen, options, use, env);
  return {
    terraform: new Terraform(terraformBinary(env), { ...env, ...placeholders }),
    all,
    chosen,
    options: { terraformOptions: planWords(options), initOptions: options.migrateState ? MIGRATE : [] },
    say: (line) => process.stdout.write(`${line}\n`),
    approve: options.autoApprove === true ? () => Promise.resolve(true) : ask,
  };
}

/** @throws {UsageError} for a change that no one can approve; `read` is the call that shows the plan */
export function requireApproval(
  name: "deploy" | "destroy" | "bootstrap-state",
  autoApprove: boolean,
  read: string,
): void {
  if (autoApprove || (process.stdout.isTTY && process.stdin.isTTY)) return;
  throw new UsageError(
    `${name} without a terminal: no one can approve the plan. Read it first (${read}), then add --auto-approve: npm run ${name} -- --auto-approve.`,
  );
}

const MIGRATE = ["-migrate-state", "-force-copy"];

function planWords(options: StackOptions): string[] {
  return [
    ...options.var.flatMap((value) => ["-var", value]),
    ...options.varFile.map((file) => `-var-file=${resolve(file)}`),
    ...options.target.map((address) => `-target=${address}`),
    ...(options.refreshOnly ? ["-refresh-only"] : []),
    ...(options.parallelism === undefined ? [] : [`-parallelism=${options.parallelism}`]),
  ];
}

interface Variable {
  readonly default?: unknown;
  readonly ephemeral?: boolean;
  readonly description?: string;
}

/** Without a terminal Terraform would fail on a missing variable after minutes, or wait for an answer. */
function checkedVariables(
  stacks: readonly StackFolder[],
  { var: given, varFile }: StackOptions,
  use: "send" | "compare",
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const placeholders: Record<string, string> = {};
  if (varFile.length > 0) return placeholders;
  for (const { name: stack, folder } of stacks) {
    for (const [name, variable] of Object.entries(variablesOf(folder))) {
      const known = variable.default !== undefined || given.some((value) => value.startsWith(`${name}=`));
      if (known || env[`TF_VAR_${name}`] !== undefined) continue;
      if (use === "compare" && variable.ephemeral === true) {
        placeholders[`TF_VAR_${name}`] = "not-needed-here";
        continue;
      }
      throw new UsageError(
        `${stack} needs the variable ${name}${variable.description === undefined ? "" : ` (${variable.description})`}. ` +
          `Set it, without leaving it in the history of the shell: read -rs TF_VAR_${name} && export TF_VAR_${name}`,
      );
    }
  }
  return placeholders;
}

function variablesOf(folder: string): Readonly<Record<string, Variable>> {
  const file = join(folder, "cdk.tf.json");
  if (!existsSync(file)) return {};
  return (JSON.parse(readFileSync(file, "utf8")) as { variable?: Record<string, Variable> }).variable ?? {};
}

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(question)).trim() === "yes";
  } finally {
    terminal.close();
  }
}

/**
 * The environment of a deploy or a diff of the named stacks. The cluster stack makes the registry of the image and is deployed
 * before there is one, so only the chat stack asks for it.
 */
export function environmentOf(names: readonly string[], env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { chat } = stackNames(inspectConfig(env).config.environment);
  return names.length === 0 || names.includes(chat) ? env : withImage(env);
}

/** The same, with a tag in place of an image that is missing. Nothing that is deployed may name it. */
export function withImage(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const missing = inspectConfig(env).problems.some((problem) => problem.missing === "CAREPATH_IMAGE_TAG");
  return missing ? { ...env, CAREPATH_IMAGE_TAG: "not-built-yet" } : env;
}

/** The first line that a person reads: which environment this is about. */
export function environmentLine(env: NodeJS.ProcessEnv): string {
  const { config } = loadConfig(env);
  const where = config.target === "eks" ? config.region : `context ${config.kubeconfigContext}`;
  return `environment ${config.environment} (${where})`;
}
