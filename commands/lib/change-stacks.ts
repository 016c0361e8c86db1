import { type StackFolder } from "./stack-folders";
import { countsText, PLAN_FILE, planStack, type PlanOptions, removePlan, type StackDiff, stateOf } from "./stack-plan";
import { type Terraform } from "./terraform";

export interface ChangeProps {
  readonly terraform: Terraform;
  /** Dependencies first. `all` has every stack of the environment, `chosen` those to work on. */
  readonly all: readonly StackFolder[];
  readonly chosen: readonly StackFolder[];
  readonly options?: Pick<PlanOptions, "terraformOptions" | "initOptions">;
  /** Prints a line about the progress. */
  readonly say: (line: string) => void;
}

export interface ApprovedChangeProps extends ChangeProps {
  /** Asks a person whether the plan that was just shown may be applied. */
  readonly approve: (question: string) => Promise<boolean>;
  /** Asked before a stack is destroyed; false ends the command. @default nothing is asked */
  readonly mayDestroy?: (stack: StackFolder) => Promise<boolean>;
  /** Called when the destroy of a stack has been approved. @default nothing is done */
  readonly beforeDestroy?: (stack: StackFolder) => Promise<void>;
}

/**
 * Plans the chosen stacks, one after the other. A stack that looks up one that is not deployed, or whose plan failed, is
 * not tried: it could only repeat the error.
 * @param visit called with each result; the plan is in no file afterwards
 */
export async function visitDiffs(
  { terraform, all, chosen, options, say }: ChangeProps,
  visit: (stack: StackFolder, diff: StackDiff) => void,
  show = true,
): Promise<void> {
  const ready = new Map<string, boolean>();
  for (const [index, stack] of chosen.entries()) {
    const missing: string[] = [];
    for (const name of stack.dependencies) {
      const dependency = all.find((candidate) => candidate.name === name);
      // Where the state cannot be read, the plan says why; nothing is known about the dependency.
      const there = ready.get(name) ?? (dependency !== undefined && (await stateOf(terraform, dependency)) !== "empty");
      ready.set(name, there);
      if (!there) missing.push(name);
    }
    const head = `${index + 1}/${chosen.length} ${stack.name}`;
    if (missing.length > 0) {
      say(
        `${head}: not planned, because it looks up ${missing.join(" and ")}, which is not deployed or could not be planned`,
      );
      ready.set(stack.name, false);
      visit(stack, { status: "waiting", missing });
      continue;
    }
    say(head);
    const plan = await planStack(terraform, stack, { ...options, show });
    removePlan(stack);
    ready.set(stack.name, plan.status === "planned" && plan.deployed);
    if (plan.status === "planned") say(`${head}: ${countsText(plan.counts)}`);
    visit(stack, plan);
  }
}

/**
 * Shows the plans of the chosen stacks, and Terraform's words where there is none.
 * @returns 1 where a stack could not be planned, otherwise 0
 */
export async function diffStacks(props: ChangeProps): Promise<number> {
  let code = 0;
  await visitDiffs(props, (_, diff) => {
    if (diff.status !== "failed") return;
    process.stderr.write(diff.log);
    code = 1;
  });
  return code;
}

/**
 * Plans and applies the chosen stacks in order, each after an approval. Stops at the first that fails or is not approved.
 * @returns 0, the exit code of Terraform, or 1 where a plan was not approved
 */
export async function deployStacks(props: ApprovedChangeProps): Promise<number> {
  for (const [index, stack] of props.chosen.entries()) {
    const code = await changeStack(props, stack, `${index + 1}/${props.chosen.length} ${stack.name}`, false);
    if (code !== 0) return code;
  }
  return 0;
}

/** Removes the chosen stacks, dependants first. A stack without a state is passed over. Returns as `deployStacks`. */
export async function destroyStacks(props: ApprovedChangeProps): Promise<number> {
  const reversed = [...props.chosen].reverse();
  for (const [index, stack] of reversed.entries()) {
    const head = `${index + 1}/${reversed.length} ${stack.name}`;
    // What cannot be read is planned: the plan then says what is wrong with it.
    if ((await stateOf(props.terraform, stack)) === "empty") {
      props.say(`${head}: its state is empty, there is nothing to destroy`);
      continue;
    }
    if ((await props.mayDestroy?.(stack)) === false) return 1;
    const code = await changeStack(props, stack, head, true);
    if (code !== 0) return code;
  }
  return 0;
}

async function changeStack(
  { terraform, options, say, approve, beforeDestroy }: ApprovedChangeProps,
  stack: StackFolder,
  head: string,
  destroy: boolean,
): Promise<number> {
  say(head);
  try {
    const plan = await planStack(terraform, stack, { ...options, destroy });
    if (plan.status === "failed") {
      if (plan.log !== "") process.stderr.write(plan.log);
      say(`${head}: Terraform could not plan it (exit code ${plan.exitCode})`);
      return plan.exitCode;
    }
    if (plan.empty) {
      say(`${head}: nothing to change`);
      return 0;
    }
    say(`${head}: ${countsText(plan.counts)}`);
    if (!(await approve(`${destroy ? "Destroy" : "Change"} ${stack.name} as shown? Only "yes" is accepted: `))) {
      say(`${head}: not approved, nothing was changed`);
      return 1;
    }
    if (destroy) await beforeDestroy?.(stack);
    const code = await terraform.attached(stack.folder, ["apply", PLAN_FILE]);
    say(code === 0 ? `${head}: done` : `${head}: ${applyFailure(code)}`);
    return code;
  } finally {
    removePlan(stack);
  }
}

function applyFailure(code: number): string {
  const what = code > 128 ? `Terraform was ended by signal ${code - 128}` : `Terraform failed (exit code ${code})`;
  return `${what}. What it had made by then may not be recorded: see "A deploy that was cut off" in docs/runbook.md`;
}
