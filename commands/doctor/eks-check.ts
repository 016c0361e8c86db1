import { type EksConfig } from "../../config/schema";
import { type AwsClients } from "../lib/aws-clients";
import { type Check, check, type CheckContext, type Finding, skipped } from "./check";

/** A check that asks AWS about an environment on EKS; skipped on an existing cluster. */
export function eksCheck(
  title: string,
  run: (aws: AwsClients, config: EksConfig, context: CheckContext) => Promise<Finding>,
): Check {
  return check(
    title,
    (context) => {
      const { aws, config } = context;
      return aws === undefined || config.target !== "eks" ? skipped("not an EKS cluster") : run(aws, config, context);
    },
    true,
  );
}
