import { type Release } from "@cdktf/provider-helm/lib/release";
import { Construct } from "constructs";

import { HelmChart } from "./helm-chart";

export interface MetricsServerProps {
  /** @default "kube-system" */
  readonly namespace?: string;
  /** @default 1 */
  readonly replicas?: number;
  /** @default "3.13.1" (metrics-server 0.8.1) */
  readonly chartVersion?: string;
}

/**
 * Cpu and memory of pods for `kubectl top` and the HorizontalPodAutoscaler.
 *
 * EKS needs no `--kubelet-insecure-tls`, because the certificates of its kubelets are signed by the cluster's authority.
 * It asks nodes by their address (`InternalIP`): the host name of a node need not resolve in a VPC with its own DNS. The
 * API server reaches it on the kubelet's port number, which the cluster's security group already opens.
 * @see https://github.com/kubernetes-sigs/metrics-server/blob/master/charts/metrics-server/values.yaml
 */
export class MetricsServer extends Construct {
  readonly release: Release;

  constructor(scope: Construct, id: string, props: MetricsServerProps = {}) {
    super(scope, id);
    this.release = new HelmChart(this, "chart", {
      chart: "metrics-server",
      repository: "https://kubernetes-sigs.github.io/metrics-server",
      version: props.chartVersion ?? "3.13.1",
      namespace: props.namespace ?? "kube-system",
      values: {
        replicas: props.replicas ?? 1,
        containerPort: 10250,
        defaultArgs: [
          "--cert-dir=/tmp",
          "--kubelet-preferred-address-types=InternalIP",
          "--kubelet-use-node-status-port",
          "--metric-resolution=15s",
        ],
        resources: {
          requests: { cpu: "100m", memory: "200Mi" },
          limits: { memory: "200Mi" },
        },
      },
    }).release;
  }
}
