import { type TerraformStack } from "cdktf";
import { type Construct } from "constructs";

import { partitionOf } from "../../planning/catalogue/aws-regions";

const CONTEXT = "carepath:partition";

/** Names the partition of everything in a stack: the second part of its ARNs. Before anything is created in the stack. */
export function setPartition(stack: TerraformStack, region: string): void {
  stack.node.setContext(CONTEXT, partitionOf(region));
}

/** `arn:<partition>:<rest>`. @default the partition "aws", outside of a stack that names another */
export function arn(scope: Construct, rest: string): string {
  const partition = scope.node.tryGetContext(CONTEXT) as string | undefined;
  return `arn:${partition ?? "aws"}:${rest}`;
}
