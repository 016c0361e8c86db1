import { Construct } from "constructs";

import { HelmChart } from "./helm-chart";

/**
 * Cpu and memory of pods for `kubectl top`.
 *
 * EKS needs no `--kubelet-insecure-tls`, because the certificates of its kubelets are signed by the cluster's authority.
 * It asks nodes by their address (`InternalIP`): the host name of a node need not resolve in a VPC with its own DNS. The
 * API server reaches it on the kubelet's port number, which the cluster's security group already opens.
 * @see https://github.com/kubernetes-sigs/metrics-server/blob/master/charts/metrics-server/values.yaml
 */
export class MetricsServer extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new HelmChart(this, "chart", {
      chart: "metrics-server",
      repository: "https://kubernetes-sigs.github.io/metrics-server",
      version: "3.13.1", // metrics-server 0.8.1
      namespace: "kube-system",
      values: {
        replicas: 1,
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
    });
  }
}
