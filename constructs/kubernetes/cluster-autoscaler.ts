import { Construct } from "constructs";

import { HelmChart } from "./helm-chart";

export interface ClusterAutoscalerProps {
  readonly region: string;
  readonly clusterName: string;
  readonly namespace: string;
  /** Service account that has the IAM role by Pod Identity. */
  readonly serviceAccountName: string;
  /** What a pod may take for its last answers: the longest that a node waits before it is removed. */
  readonly terminationGracePeriodSeconds: number;
}

/**
 * Adds a node for a pod that finds no room, in the group of the zone where its volume is, and removes nodes that are not
 * needed. It finds the groups by the tags that EKS gives them, and their limits are `minSize` and `maxSize`.
 *
 * A chat pod has scratch space on its node (`emptyDir`), which keeps nothing: with the default no node with one would go.
 * A pod that a node is removed from gets its whole grace period, and its disruption budget is respected.
 * @see https://github.com/kubernetes/autoscaler/tree/cluster-autoscaler-chart-9.59.0/cluster-autoscaler/charts/cluster-autoscaler
 */
export class ClusterAutoscaler extends Construct {
  constructor(scope: Construct, id: string, props: ClusterAutoscalerProps) {
    super(scope, id);
    new HelmChart(this, "chart", {
      chart: "cluster-autoscaler",
      repository: "https://kubernetes.github.io/autoscaler",
      version: "9.59.0", // cluster-autoscaler 1.35.0
      namespace: props.namespace,
      values: {
        cloudProvider: "aws",
        awsRegion: props.region,
        autoDiscovery: { clusterName: props.clusterName },
        rbac: { serviceAccount: { create: true, name: props.serviceAccountName } },
        extraArgs: {
          expander: "least-waste",
          "skip-nodes-with-local-storage": false,
          "max-graceful-termination-sec": props.terminationGracePeriodSeconds,
        },
        resources: { requests: { cpu: "100m", memory: "300Mi" }, limits: { memory: "600Mi" } },
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65534,
          runAsGroup: 65534,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containerSecurityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      },
    });
  }
}
