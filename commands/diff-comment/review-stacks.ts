import { visitDiffs, type ChangeProps } from "../lib/change-stacks";
import { type StackResult } from "./comment";
import { parsePlan } from "./plan";

export interface StackReview {
  readonly stack: string;
  readonly result: StackResult;
}

/** Plans the stacks as `npm run diff` does. The plans are not shown: the comments show them, without what is secret. */
export async function reviewStacks(props: ChangeProps): Promise<StackReview[]> {
  const reviews: StackReview[] = [];
  await visitDiffs(
    props,
    ({ name }, diff) => {
      const result: StackResult =
        diff.status === "planned" ? { status: "planned", plan: parsePlan(diff.json, `plan of ${name}`) } : diff;
      if (result.status === "failed") process.stderr.write(result.log);
      reviews.push({ stack: name, result });
    },
    false,
  );
  return reviews;
}
