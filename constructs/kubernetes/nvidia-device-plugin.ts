import { Construct } from "constructs";

import { HelmChart } from "./helm-chart";

/**
 * Tells the scheduler how many GPUs a node has; the node image of EKS has the driver and not this plugin. Its own defaults
 * choose nodes by `GPU_LABEL` and tolerate `GPU_TAINT`.
 * @see https://github.com/NVIDIA/k8s-device-plugin/tree/v0.20.0/deployments/helm/nvidia-device-plugin
 */
export class NvidiaDevicePlugin extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new HelmChart(this, "chart", {
      chart: "nvidia-device-plugin",
      repository: "https://nvidia.github.io/k8s-device-plugin",
      version: "0.20.0",
      namespace: "kube-system",
      values: { resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } } },
    });
  }
}
