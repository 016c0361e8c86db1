import { HorizontalPodAutoscalerV2 } from "@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2";
import { Construct } from "constructs";

import { workloadLabels } from "./workload-labels";

export interface ChatAutoscalerProps {
  /** Name of the StatefulSet. */
  readonly name: string;
  readonly namespace: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/**
 * Average cpu use of the replicas, percent of their request. A replica that generates uses all of its cores, an idle one
 * next to none, so this is the share of time in which they are busy.
 */
const TARGET_CPU_PERCENT = 70;

/** Time that the load must stay low before a replica is removed. */
const SCALE_DOWN_AFTER_SECONDS = 600;

/**
 * Adds replicas while they are busy and removes them slowly: a new replica needs minutes for its model, and a removed
 * one has to finish its answers.
 *
 * It needs metrics-server (the platform stack installs it). Scaling down is one replica at a time, because each leaves
 * with its own prefix cache and its own running answers.
 * @see https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
 */
export class ChatAutoscaler extends Construct {
  constructor(scope: Construct, id: string, props: ChatAutoscalerProps) {
    const { name, namespace, minReplicas, maxReplicas } = props;
    super(scope, id);
    new HorizontalPodAutoscalerV2(this, "autoscaler", {
      metadata: { name, namespace, labels: workloadLabels(name) },
      spec: {
        minReplicas,
        maxReplicas,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "StatefulSet", name },
        metric: [
          {
            type: "Resource",
            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: TARGET_CPU_PERCENT } },
          },
        ],
        behavior: {
          scaleUp: [
            {
              stabilizationWindowSeconds: 60,
              selectPolicy: "Max",
              policy: [{ type: "Percent", value: 100, periodSeconds: 120 }],
            },
          ],
          scaleDown: [
            {
              stabilizationWindowSeconds: SCALE_DOWN_AFTER_SECONDS,
              selectPolicy: "Max",
              policy: [{ type: "Pods", value: 1, periodSeconds: 120 }],
            },
          ],
        },
      },
    });
  }
}
