import { type MetricsReader } from "./chat-network-policy";
import { type Exposure } from "./chat-service";
import { KEDA_OPERATOR } from "./keda";

/** What decides who may call the service from outside of its namespace, and who may read its metrics. */
export interface CallersProps {
  readonly exposure: Exposure;
  /** Who reads the metrics. @default no one from outside of the namespace */
  readonly monitoring?: { readonly prometheus: boolean; readonly namespace: string };
  /** @default no autoscaler */
  readonly maxReplicas?: number | undefined;
  /** Addresses of the pods. @default not known */
  readonly podCidrs?: readonly string[] | undefined;
}

export interface Callers {
  /** Blocks outside of the cluster that the NetworkPolicy lets in. */
  readonly sourceCidrs: readonly string[];
  /** Pods of other namespaces that it lets in for the metrics. */
  readonly metricsReaders: readonly MetricsReader[];
  /** Addresses that the service answers `/metrics` to; undefined where something in front of it keeps others away. */
  readonly metricsCidrs: readonly string[] | undefined;
}

export function callers({ exposure, monitoring, maxReplicas, podCidrs = [] }: CallersProps): Callers {
  const metricsReaders = [
    ...(monitoring?.prometheus === true ? [{ namespace: monitoring.namespace }] : []),
    ...(maxReplicas === undefined ? [] : [KEDA_OPERATOR]),
  ];
  switch (exposure.type) {
    case "cluster-ip":
      return { sourceCidrs: [], metricsReaders, metricsCidrs: undefined };
    // The load balancer ends the connection, calls from its subnets, and answers 404 for the metrics.
    case "https":
      return { sourceCidrs: exposure.subnetCidrs, metricsReaders, metricsCidrs: undefined };
    // It passes every path and the address of the client on, so the service itself tells pods from clients. Where the
    // blocks of pods are not known, only the pod reads its metrics (`kubectl port-forward`), unless something must come in.
    case "load-balancer": {
      const unknown = metricsReaders.length === 0 ? LOOPBACK : undefined;
      return {
        sourceCidrs: exposure.sourceCidrs,
        metricsReaders,
        metricsCidrs: podCidrs.length > 0 ? podCidrs : unknown,
      };
    }
  }
}

const LOOPBACK = ["127.0.0.0/8"];
