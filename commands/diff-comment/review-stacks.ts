/**
 * Plans every stack of the synthesized output in the order of deployment and says what a reviewer should see of each.
 * A stack that looks up another one is only planned once that other one is deployed.
 */
import { stackFolders } from "../lib/stack-folders";
import { terraformBinary } from "../lib/terraform-version";
import { type StackResult } from "./comment";
import { parsePlan, wasDeployed } from "./plan";

/** Runs a command to its end; never throws for a non-zero exit. */
export type Run = (
  command: string,
  args: readonly string[],
) => { readonly status: number; readonly stdout: string; readonly log: string };

export interface StackReview {
  readonly stack: string;
  readonly result: StackResult;
}

/** Reviews the stacks of `outputFolder` (`cdktf.out`). */
export function reviewStacks(outputFolder: string, run: Run): StackReview[] {
  const deployed = new Set<string>();
  const reviews: StackReview[] = [];
  for (const { name, folder, dependencies } of stackFolders(outputFolder)) {
    const missing = dependencies.filter((dependency) => !deployed.has(dependency));
    const result: StackResult = missing.length > 0 ? { status: "waiting", missing } : planStack(name, folder, run);
    // What failed may well be deployed: its dependants are tried, and say themselves what they miss.
    if (result.status === "failed" || (result.status === "planned" && wasDeployed(result.plan))) deployed.add(name);
    reviews.push({ stack: name, result });
  }
  return reviews;
}

/** `cdktf diff` leaves its plan in a file called `plan` in the folder of the stack. */
function planStack(stack: string, folder: string, run: Run): StackResult {
  const diff = run("npm", ["run", "--silent", "diff", "--", stack, "--skip-synth"]);
  if (diff.status !== 0) return { status: "failed", log: diff.log };
  const show = run(terraformBinary(process.env), [`-chdir=${folder}`, "show", "-json", "plan"]);
  if (show.status !== 0) return { status: "failed", log: show.log };
  return { status: "planned", plan: parsePlan(show.stdout, `plan of ${stack}`) };
}
