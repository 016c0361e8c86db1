import { Construct } from "constructs";

import { HelmChart } from "./helm-chart";

/** The pods that ask replicas for their metrics; the NetworkPolicy of the chat pods lets them in. */
export const KEDA_OPERATOR = { namespace: "kube-system", podLabels: { app: "keda-operator" } } as const;

/** The chart, which an existing cluster must have. */
export const KEDA_CHART = {
  chart: "keda",
  version: "2.20.2",
  repository: "https://kedacore.github.io/charts",
  namespace: KEDA_OPERATOR.namespace,
} as const;

/**
 * KEDA, which scales the replicas by what the service itself says of its slots and its queue.
 *
 * Its admission webhook stays off: it only warns of objects that this project does not write.
 * @see https://github.com/kedacore/charts/tree/main/keda
 */
export class Keda extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new HelmChart(this, "chart", {
      ...KEDA_CHART,
      values: {
        crds: { install: true },
        webhooks: { enabled: false },
        operator: { name: KEDA_OPERATOR.podLabels.app },
      },
    });
  }
}
