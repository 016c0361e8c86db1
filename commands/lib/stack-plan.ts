import { rmSync } from "node:fs";
import { join } from "node:path";

import { type StackFolder } from "./stack-folders";
import { type Finished, type Terraform } from "./terraform";

/** What a plan of one stack came to. */
export type StackPlan =
  | {
      readonly status: "planned";
      /** The text of `terraform show -json`. It holds values that are secret: never print it. */
      readonly json: string;
      readonly counts: ChangeCounts;
      /** Nothing would change, outputs included. */
      readonly empty: boolean;
      /** The state held resources before this plan. */
      readonly deployed: boolean;
    }
  /** `log` is empty where Terraform has printed it on this terminal already. */
  | { readonly status: "failed"; readonly exitCode: number; readonly log: string };

/** What a diff says of a stack: its plan, or the stacks that it looks up and that are not deployed. */
export type StackDiff = StackPlan | { readonly status: "waiting"; readonly missing: readonly string[] };

/** Resources that a plan creates, changes in place and deletes; a replacement counts as one created and one deleted. */
export interface ChangeCounts {
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
}

export interface PlanOptions {
  /** Plans the removal of everything. @default false */
  readonly destroy?: boolean;
  /** Further words for `terraform plan`. @default none */
  readonly terraformOptions?: readonly string[];
  /** Further words for `terraform init`. @default none */
  readonly initOptions?: readonly string[];
  /** Whether Terraform prints its plan on this terminal. @default true */
  readonly show?: boolean;
}

/** Name of the saved plan in the folder of a stack, the same that cdktf gives it. */
export const PLAN_FILE = "plan";

/** Prepares a stack and writes its plan beside it. The caller removes the file: `removePlan`. */
export async function planStack(
  terraform: Terraform,
  { folder }: StackFolder,
  { destroy = false, terraformOptions = [], initOptions = [], show = true }: PlanOptions = {},
): Promise<StackPlan> {
  const init = await terraform.captured(folder, ["init", ...initOptions]);
  if (init.status !== 0) return failed(init);
  const words = [`-out=${PLAN_FILE}`, "-detailed-exitcode", ...(destroy ? ["-destroy"] : []), ...terraformOptions];
  const plan = show
    ? { status: await terraform.attached(folder, ["plan", ...words]), log: "" }
    : await terraform.captured(folder, ["plan", ...words]);
  if (plan.status !== 0 && plan.status !== 2) return failed(plan);
  const shown = await terraform.captured(folder, ["show", "-json", PLAN_FILE]);
  if (shown.status !== 0) return failed(shown);
  const content = JSON.parse(shown.stdout) as PlanContent;
  return {
    status: "planned",
    json: shown.stdout,
    counts: changeCounts(content),
    empty: plan.status === 0,
    deployed: (content.prior_state?.values.root_module.resources ?? []).some(({ mode }) => mode === "managed"),
  };
}

/** The part of a plan that is counted. @see https://developer.hashicorp.com/terraform/internals/json-format */
interface PlanContent {
  readonly resource_changes?: readonly { readonly change: { readonly actions: readonly string[] } }[];
  readonly prior_state?: {
    readonly values: { readonly root_module: { readonly resources?: readonly { readonly mode: string }[] } };
  };
}

/** A saved plan holds the state, so it is not left behind. */
export function removePlan({ folder }: StackFolder): void {
  rmSync(join(folder, PLAN_FILE), { force: true });
}

/** What the state of a stack holds; "unreadable" where Terraform cannot read it. */
export async function stateOf(
  terraform: Terraform,
  { folder }: StackFolder,
): Promise<"empty" | "deployed" | "unreadable"> {
  if ((await terraform.captured(folder, ["init"])).status !== 0) return "unreadable";
  const list = await terraform.captured(folder, ["state", "list"]);
  if (list.status !== 0) return list.log.includes("No state file was found") ? "empty" : "unreadable";
  return list.stdout.split("\n").some((line) => line !== "" && !line.startsWith("data.")) ? "deployed" : "empty";
}

/** One line for a person: `46 to add, 0 to change, 0 to destroy`. */
export function countsText({ add, change, destroy }: ChangeCounts): string {
  return `${add} to add, ${change} to change, ${destroy} to destroy`;
}

function failed({ status, log }: Pick<Finished, "status" | "log">): StackPlan {
  return { status: "failed", exitCode: status, log };
}

function changeCounts({ resource_changes: changes = [] }: PlanContent): ChangeCounts {
  const count = (action: string) => changes.filter(({ change }) => change.actions.includes(action)).length;
  return { add: count("create"), change: count("update"), destroy: count("delete") };
}
