import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { Construct } from "constructs";

import { PodIdentity, type PodIdentityProps } from "./pod-identity";

export interface PodLogGroupProps extends Omit<PodIdentityProps, "name" | "description" | "statements"> {
  /** Prefix of the role's name. */
  readonly prefix: string;
  /** Name of the log group. */
  readonly logGroup: string;
  /** One of the periods that CloudWatch Logs accepts. */
  readonly retentionDays: number;
}

/** The log group of the chat pods, and the right to write into it and nowhere else. */
export class PodLogGroup extends Construct {
  constructor(scope: Construct, id: string, { prefix, logGroup, retentionDays, ...identity }: PodLogGroupProps) {
    super(scope, id);
    const group = new CloudwatchLogGroup(this, "log-group", { name: logGroup, retentionInDays: retentionDays });
    new PodIdentity(this, "writer", {
      ...identity,
      name: `${prefix}-pod-logs`,
      description: "Fluent Bit: writes the logs of the chat pods",
      statements: [
        {
          Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
          Resource: [group.arn, `${group.arn}:*`],
        },
      ],
    });
  }
}
