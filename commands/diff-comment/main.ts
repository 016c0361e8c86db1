/**
 * `npm run diff-comment`: one comment a stack with what a deploy would do.
 */
import { readFileSync } from "node:fs";

import { FROM_USER, npmCommand, run as runMain, UsageError } from "../lib/command-line";
import { marker, renderComment } from "./comment";
import { type CommentTarget, upsertComment } from "./github-comments";
import { parsePlan } from "./plan";
import { AS_SYNTHESIZED, prepareStacks } from "../lib/stack-command";
import { environmentSecrets } from "./secrets";
import { reviewStacks, type StackReview } from "./review-stacks";

export const command = npmCommand(
  "diff-comment",
  "Plans every stack of a synthesized app and prints a comment for each.",
)
  .option("--out <folder>", "output of synth", "cdktf.out")
  .option("--post", "write the comments to the pull request (in GitHub Actions)", false)
  .option("--plan <file>", "render one recorded plan (terraform show -json) instead")
  .option("--stack <name>", "the stack of the recorded plan")
  .addHelpText("after", "\nExit code 1 when a diff failed, so that the check of the pull request is red.");

export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const values = command.parse(argv, FROM_USER).opts();
  const target = values.post ? commentTarget(env) : undefined;
  const reviews =
    values.plan === undefined
      ? await reviewStacks(prepareStacks([], { ...AS_SYNTHESIZED, output: values.out }, "compare", env))
      : [recorded(values.plan, values.stack)];
  for (const { stack, result } of reviews) {
    const body = renderComment({ stack, result, secrets: environmentSecrets(env), ...runOf(env) });
    if (target === undefined) process.stdout.write(`${body}\n\n`);
    else process.stdout.write(`${stack}: comment ${await upsertComment(target, marker(stack), body)}\n`);
  }
  return reviews.some(({ result }) => result.status === "failed") ? 1 : 0;
}

function recorded(file: string, stack: string | undefined): StackReview {
  if (stack === undefined) throw new UsageError("--plan needs --stack NAME: the comment is headed by it.");
  return { stack, result: { status: "planned", plan: parsePlan(readFileSync(file, "utf8"), file) } };
}

/** Where the comments go, from the variables that GitHub Actions sets. */
function commentTarget(env: NodeJS.ProcessEnv): CommentTarget {
  const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository, PULL_REQUEST: number, GITHUB_API_URL: apiUrl } = env;
  const pullRequest = Number(number);
  if (!token || !repository || !Number.isInteger(pullRequest) || pullRequest < 1) {
    throw new UsageError(
      "--post needs GITHUB_TOKEN, GITHUB_REPOSITORY and PULL_REQUEST (its number): it is meant for GitHub Actions.",
    );
  }
  return { token, repository, pullRequest, ...(apiUrl ? { apiUrl } : {}) };
}

function runOf(env: NodeJS.ProcessEnv): { runUrl?: string; commit?: string } {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id, HEAD_SHA: commit } = env;
  return {
    ...(server && repository && id ? { runUrl: `${server}/${repository}/actions/runs/${id}` } : {}),
    ...(commit ? { commit } : {}),
  };
}

if (require.main === module) void runMain((argv) => main(argv, process.env));
