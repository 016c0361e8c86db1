import { type ManifestStack } from "./cdktf-manifest";

/** What `npm run synth | diff | deploy | destroy` runs. Pure: the caller gives it what it must know of the machine. */
export interface CommandInput {
  readonly command: string;
  /** What the user wrote after `--`. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Whether a person can answer: both standard input and output are a terminal. */
  readonly interactive: boolean;
  /** Names of the stacks of the environment, in the order in which they are deployed. */
  readonly stacks: readonly string[];
}

export interface CommandPlan {
  /** Arguments of cdktf; one run for each entry, stopping at the first that fails. */
  readonly runs: readonly (readonly string[])[];
  readonly env: NodeJS.ProcessEnv;
}

export const COMMANDS = ["synth", "diff", "deploy", "destroy"] as const;

/** How long Terraform waits for somebody else's lock before it gives up. */
const LOCK_TIMEOUT = "-lock-timeout=5m";
const LOCKING = ["plan", "apply", "destroy"] as const;

/** Options of cdktf that take a value of their own, so that the value is not taken for a stack. */
const WITH_VALUE = new Set([
  "-a",
  "--app",
  "-o",
  "--output",
  "--var",
  "--var-file",
  "--parallelism",
  "--terraform-parallelism",
  "--outputs-file",
  "--log-level",
  "--log-file-directory",
  "--hcl-output",
]);

/**
 * - Without stacks in `args`, all of them: `deploy` and `destroy` get the list (cdktf orders it, and destroys against the
 *   order); `diff` takes one stack a run, so it runs once for each.
 * - Without a terminal cdktf's interface crashes and nobody can approve: `CI` and `--no-color` are set, and deploy and
 *   destroy need `--auto-approve` from the user.
 * - What the user has set, in `args` or in the environment, wins.
 *
 * @throws Error when nobody could approve
 */
export function planCommand({ command, args, env, interactive, stacks }: CommandInput): CommandPlan {
  if (!interactive && needsApproval(command) && !args.includes("--auto-approve") && !isHelp(args)) {
    throw new Error(
      `npm run ${command} (no terminal): somebody must approve what changes. ` +
        `Run it in a terminal, or as: npm run ${command} -- --auto-approve`,
    );
  }
  const named = positionals(args).length > 0 || isHelp(args);
  const color = interactive || args.includes("--no-color") || command === "synth" ? [] : ["--no-color"];
  const runs =
    named || command === "synth"
      ? [[command, ...args, ...color]]
      : command === "diff"
        ? stacks.map((stack) => [command, stack, ...args, ...color])
        : [[command, ...stacks, ...args, ...color]];
  return { runs, env: environment(env, interactive) };
}

function environment(env: NodeJS.ProcessEnv, interactive: boolean): NodeJS.ProcessEnv {
  const result: NodeJS.ProcessEnv = { CHECKPOINT_DISABLE: "1", ...env };
  if (!interactive) result["CI"] ??= "1";
  for (const command of LOCKING) {
    const name = `TF_CLI_ARGS_${command}`;
    const own = env[name] ?? "";
    if (!own.includes("-lock-timeout")) result[name] = own === "" ? LOCK_TIMEOUT : `${own} ${LOCK_TIMEOUT}`;
  }
  return result;
}

function needsApproval(command: string): boolean {
  return command === "deploy" || command === "destroy";
}

function isHelp(args: readonly string[]): boolean {
  return args.includes("--help") || args.includes("-h");
}

/** Arguments that are neither options nor values of options: the stacks. */
export function positionals(args: readonly string[]): string[] {
  return args.filter((arg, index) => !arg.startsWith("-") && !WITH_VALUE.has(args[index - 1] ?? ""));
}

/** Stack names so that each comes after those it depends on. */
export function deploymentOrder(stacks: Readonly<Record<string, Pick<ManifestStack, "dependencies">>>): string[] {
  const ordered: string[] = [];
  const visit = (name: string): void => {
    if (ordered.includes(name)) return;
    stacks[name]?.dependencies.forEach(visit);
    ordered.push(name);
  };
  Object.keys(stacks).forEach(visit);
  return ordered;
}
