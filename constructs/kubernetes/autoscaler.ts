import { Manifest } from "@cdktf/provider-kubernetes/lib/manifest";
import { type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

import { PATHS, SERVICE_PORT } from "../../service/src/contract";
import { workloadLabels } from "./workload-labels";

export interface ChatAutoscalerProps {
  /** Name of the StatefulSet and of its Service. */
  readonly name: string;
  readonly namespace: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Answers that a replica generates at the same time. */
  readonly parallelSlots: number;
  /** What a replica may take to get ready: so long it may look idle. */
  readonly startupWindowSeconds: number;
  /** What a removed replica may take for its last answers. */
  readonly terminationGracePeriodSeconds: number;
  /** The StatefulSet. */
  readonly dependsOn: ITerraformDependable[];
}

/**
 * Share of the slots that should be busy, as a fraction: a target that is no whole number makes KEDA 2.20 throw the fallback
 * away (https://github.com/kedacore/keda/blob/v2.20.0/pkg/fallback/fallback.go, HasValidFallback).
 */
const BUSY = { slots: 3, of: 4 } as const;

/** Kubernetes takes no longer stabilization window than an hour, and no longer period than half of one. */
const LONGEST = { stabilizationSeconds: 3600, periodSeconds: 1800 } as const;

/** Time that the load must stay low before a replica is removed, at least. */
const SCALE_DOWN_AFTER_SECONDS = 600;

/**
 * Adds replicas while their slots are busy or requests wait, and removes them slowly. CPU says nothing here: one answer
 * uses all threads, so a replica with one request looks as busy as one with a full queue.
 *
 * KEDA reads the two series from each ready replica itself. The Prometheus adapter would need a Prometheus that keeps
 * running for replicas to be added at all. A replica that loads its model is not removed, since the window is
 * as long as a start may take; replicas go one at a time, each after the last one's answers are written.
 * @see https://keda.sh/docs/2.20/scalers/metrics-api/
 */
export class ChatAutoscaler extends Construct {
  constructor(scope: Construct, id: string, props: ChatAutoscalerProps) {
    super(scope, id);
    const { name, namespace, startupWindowSeconds, terminationGracePeriodSeconds } = props;
    const target = props.parallelSlots * BUSY.slots;
    new Manifest(this, "scaled-object", {
      manifest: {
        apiVersion: "keda.sh/v1alpha1",
        kind: "ScaledObject",
        metadata: { name, namespace, labels: workloadLabels(name) },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "StatefulSet", name },
          minReplicaCount: props.minReplicas,
          maxReplicaCount: props.maxReplicas,
          pollingInterval: 15,
          // Replicas that cannot be asked are no reason to remove any.
          fallback: { failureThreshold: 4, replicas: props.minReplicas, behavior: "currentReplicas" },
          triggers: [
            trigger("busy", "carepath_slots_busy", props, target),
            trigger("waiting", "carepath_queue_depth", props, target),
          ],
          advanced: {
            scalingModifiers: {
              formula: `${BUSY.of} * (busy + waiting)`,
              target: String(target),
              metricType: "AverageValue",
            },
            horizontalPodAutoscalerConfig: {
              behavior: {
                scaleUp: {
                  stabilizationWindowSeconds: 30,
                  selectPolicy: "Max",
                  policies: [{ type: "Percent", value: 100, periodSeconds: 120 }],
                },
                scaleDown: {
                  stabilizationWindowSeconds: Math.min(
                    LONGEST.stabilizationSeconds,
                    Math.max(SCALE_DOWN_AFTER_SECONDS, startupWindowSeconds),
                  ),
                  selectPolicy: "Max",
                  policies: [
                    {
                      type: "Pods",
                      value: 1,
                      periodSeconds: Math.min(LONGEST.periodSeconds, terminationGracePeriodSeconds),
                    },
                  ],
                },
              },
            },
          },
        },
      },
      dependsOn: props.dependsOn,
    });
  }
}

/** The sum of a series over the replicas that are ready. */
function trigger(name: string, series: string, props: ChatAutoscalerProps, targetValue: number) {
  return {
    type: "metrics-api",
    name,
    metadata: {
      url: `http://${props.name}.${props.namespace}.svc:${SERVICE_PORT}${PATHS.metrics}`,
      format: "prometheus",
      valueLocation: series,
      aggregateFromKubeServiceEndpoints: "true",
      aggregationType: "sum",
      targetValue: String(targetValue),
    },
  };
}
