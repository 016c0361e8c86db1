import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";

import { arn } from "./arn";
import { ServiceRole, policyDocument } from "./service-role";

export interface FlowLogsProps {
  readonly name: string;
  readonly vpcId: string;
  /** One of the periods that CloudWatch Logs accepts. */
  readonly retentionDays: number;
}

/** Who talked to whom in the VPC, in CloudWatch Logs for a while. */
export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, { name, vpcId, retentionDays }: FlowLogsProps) {
    super(scope, id);
    const group = new CloudwatchLogGroup(this, "log-group", {
      name: `/aws/vpc/${name}/flow-logs`,
      retentionInDays: retentionDays,
    });
    const writer = new ServiceRole(this, "writer", {
      name: `${name}-flow-logs`,
      description: "Writes the flow logs of the VPC",
      service: "vpc-flow-logs.amazonaws.com",
    });
    new IamRolePolicy(this, "write", {
      name: "write-flow-logs",
      role: writer.role.id,
      policy: policyDocument([
        {
          Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
          Resource: [group.arn, `${group.arn}:*`],
        },
        // It lists groups, which cannot be permitted for one group alone; AWS's own example has it on everything.
        // https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
        { Action: ["logs:DescribeLogGroups"], Resource: [arn(this, "logs:*:*:log-group:*")] },
      ]),
    });
    new FlowLog(this, "flow-log", {
      vpcId,
      trafficType: "ALL",
      logDestination: group.arn,
      iamRoleArn: writer.role.arn,
      maxAggregationInterval: 600,
      tags: { Name: name },
    });
  }
}
