import { Manifest } from "@cdktf/provider-kubernetes/lib/manifest";
import { Construct } from "constructs";

import { PATHS, SERVICE_PORT_NAME } from "../../service/src/contract";
import { type AlertRule } from "./alert-rules";
import { selectorLabels, workloadLabels } from "./workload-labels";

export interface ChatMonitoringProps {
  readonly name: string;
  readonly namespace: string;
  /** Name of the container's port. @default SERVICE_PORT_NAME */
  readonly port?: string | undefined;
  /** The alerts, given the job of the series. */
  readonly rules: (job: string) => readonly AlertRule[];
}

/**
 * What the Prometheus Operator needs to scrape every replica and to alert: a PodMonitor and a PrometheusRule. Both carry
 * the label by which kube-prometheus-stack finds them, `release`, and so does no other object of the workload.
 * @see https://prometheus-operator.dev/docs/api-reference/api/
 */
export class ChatMonitoring extends Construct {
  constructor(scope: Construct, id: string, props: ChatMonitoringProps) {
    super(scope, id);
    const { name, namespace, port = SERVICE_PORT_NAME } = props;
    const metadata = { name, namespace, labels: { ...workloadLabels(name), release: "kube-prometheus-stack" } };
    new Manifest(this, "pod-monitor", {
      manifest: {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        metadata,
        spec: {
          selector: { matchLabels: selectorLabels(name) },
          podMetricsEndpoints: [{ port, path: PATHS.metrics, interval: "15s", scrapeTimeout: "10s" }],
        },
      },
    });
    new Manifest(this, "rules", {
      manifest: {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata,
        // The operator's own name for the job of a PodMonitor.
        spec: { groups: [{ name, rules: props.rules(`${namespace}/${name}`) }] },
      },
    });
  }
}
