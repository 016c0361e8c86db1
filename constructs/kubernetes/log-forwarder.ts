import { Construct } from "constructs";

import { HelmChart } from "./helm-chart";

export interface LogForwarderProps {
  readonly region: string;
  /** Log group, which exists with its retention. */
  readonly logGroup: string;
  /** The one namespace whose pods are read. */
  readonly podNamespace: string;
  readonly namespace: string;
  /** Service account that has the IAM role by Pod Identity. */
  readonly serviceAccountName: string;
  /** Taint of nodes whose pods are read as well. @default those without a taint only */
  readonly toleratedTaint?: string | undefined;
}

/**
 * Fluent Bit on each node, which sends the lines of the chat pods to CloudWatch Logs as the service wrote them: JSON, so
 * that Logs Insights finds their fields. Lines of other namespaces are not read.
 *
 * The observability add-on of EKS does the same and more: its agent and its operator also collect metrics of every
 * container, at a price for each, and it makes its log groups itself, without an end to their retention.
 * @see https://github.com/aws/eks-charts/tree/master/stable/aws-for-fluent-bit
 */
export class LogForwarder extends Construct {
  constructor(scope: Construct, id: string, props: LogForwarderProps) {
    super(scope, id);
    new HelmChart(this, "chart", {
      chart: "aws-for-fluent-bit",
      repository: "https://aws.github.io/eks-charts",
      version: "0.2.0", // aws-for-fluent-bit 3.2.1
      namespace: props.namespace,
      values: {
        serviceAccount: { create: true, name: props.serviceAccountName },
        input: { path: `/var/log/containers/*_${props.podNamespace}_*.log`, multilineParser: "cri" },
        // A line is sent as it was written, and not a second time as fields.
        filter: { mergeLog: "Off", mergeLogKey: "", keepLog: "On" },
        cloudWatchLogs: {
          enabled: true,
          region: props.region,
          logGroupName: props.logGroup,
          autoCreateGroup: false,
          logStreamPrefix: "node-",
          logStreamTemplate: "$kubernetes['pod_name'].$kubernetes['container_name']",
          logKey: "log",
        },
        // The default also mounts the folder of Docker, which these nodes do not have.
        volumes: [{ name: "varlog", hostPath: { path: "/var/log" } }],
        volumeMounts: [{ name: "varlog", mountPath: "/var/log" }],
        ...(props.toleratedTaint === undefined
          ? {}
          : { tolerations: [{ key: props.toleratedTaint, operator: "Exists", effect: "NoSchedule" }] }),
        containerSecurityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    });
  }
}
