/**
 * Plans every stack of the synthesized output in the order of deployment and says what a reviewer should see of each.
 * A stack that looks up another one is only planned once that other one is deployed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { type StackResult } from "./comment";
import { parsePlan, wasDeployed } from "./plan";

/** Runs a command to its end; never throws for a non-zero exit. */
export type Run = (
  command: string,
  args: readonly string[],
) => { readonly status: number; readonly stdout: string; readonly log: string };

const manifestSchema = z.object({
  stacks: z.record(
    z.string(),
    z.object({
      name: z.string(),
      workingDirectory: z.string(),
      dependencies: z.array(z.string()).optional().default([]),
    }),
  ),
});

export interface StackReview {
  readonly stack: string;
  readonly result: StackResult;
}

/** Reviews the stacks of `outputFolder` (`cdktf.out`). */
export function reviewStacks(outputFolder: string, run: Run): StackReview[] {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(outputFolder, "manifest.json"), "utf8")));
  const deployed = new Set<string>();
  const reviews: StackReview[] = [];
  for (const { name, workingDirectory, dependencies } of inOrder(Object.values(manifest.stacks))) {
    const missing = dependencies.filter((dependency) => !deployed.has(dependency));
    const result: StackResult =
      missing.length > 0 ? { status: "waiting", missing } : planStack(name, join(outputFolder, workingDirectory), run);
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
  const show = run("terraform", [`-chdir=${folder}`, "show", "-json", "plan"]);
  if (show.status !== 0) return { status: "failed", log: show.log };
  return { status: "planned", plan: parsePlan(show.stdout, `plan of ${stack}`) };
}

interface Ordered {
  readonly name: string;
  readonly dependencies: readonly string[];
}

function inOrder<T extends Ordered>(stacks: readonly T[]): T[] {
  const done: T[] = [];
  const open = [...stacks];
  while (open.length > 0) {
    const next = open.findIndex(({ dependencies }) =>
      dependencies.every((name) => done.some((stack) => stack.name === name)),
    );
    if (next < 0)
      throw new Error(`cdktf.out/manifest.json: ${open.map(({ name }) => name).join(", ")} depend on each other.`);
    done.push(...open.splice(next, 1));
  }
  return done;
}
