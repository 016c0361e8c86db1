import { PodDisruptionBudgetV1 } from "@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1";
import { Construct } from "constructs";

import { selectorLabels, workloadLabels } from "./workload-labels";

export interface DisruptionBudgetProps {
  readonly name: string;
  readonly namespace: string;
}

/**
 * Makes a drain of several nodes take one replica at a time. It is written as `maxUnavailable`, which always leaves
 * something to evict; `minAvailable` blocks every drain as soon as it equals the number of replicas.
 *
 * While more replicas than that are unready, Kubernetes evicts none of them: a drain then waits for their models. The
 * cure for replicas that never get ready (`unhealthyPodEvictionPolicy: AlwaysAllow`) is not in the provider (2.38).
 */
export class DisruptionBudget extends Construct {
  constructor(scope: Construct, id: string, { name, namespace }: DisruptionBudgetProps) {
    super(scope, id);
    new PodDisruptionBudgetV1(this, "budget", {
      metadata: { name, namespace, labels: workloadLabels(name) },
      spec: { maxUnavailable: "1", selector: { matchLabels: selectorLabels(name) } },
    });
  }
}
