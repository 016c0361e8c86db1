import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { Construct } from "constructs";

import {
  maxReplicasViolation,
  refuseViolations,
  replicasViolation,
  strategyViolation,
  type UpdateStrategy,
} from "../../planning/workload-rules";
import { chatPodTemplate, type ChatPodProps } from "./chat-pod";
import { selectorLabels, workloadLabels } from "./workload-labels";
import { MIN_READY_SECONDS, REVISION_HISTORY, deleteTimeout } from "./rollout";

export interface ChatDeploymentProps extends ChatPodProps {
  readonly namespace: string;
  /** The claim of the model cache. */
  readonly cacheClaimName: string;
  /** Pods. One, because one ReadWriteOnce volume serves one pod; for more see `ChatStatefulSet`. @default 1 */
  readonly replicas?: number;
  /** Refused: there is nothing to scale. See `ChatStatefulSet`. @default no autoscaler */
  readonly maxReplicas?: number;
  /** `RollingUpdate` is refused: it deadlocks on the volume. @default "Recreate" */
  readonly strategy?: UpdateStrategy;
  /** Seconds without progress after which Kubernetes calls a rollout failed; more than the startup window. */
  readonly progressDeadlineSeconds: number;
  /** Seconds that Terraform waits for a rollout; more than `progressDeadlineSeconds`, so Kubernetes gives up first. */
  readonly terraformTimeoutSeconds: number;
}

/** The chat service with one cache volume: one pod, and an update stops the old one before it starts the new one. */
export class ChatDeployment extends Construct {
  readonly deployment: DeploymentV1;

  constructor(scope: Construct, id: string, props: ChatDeploymentProps) {
    const { replicas = 1, strategy = "Recreate" } = props;
    refuseViolations(`Deployment "${props.name}"`, [
      replicasViolation("shared", replicas),
      maxReplicasViolation("shared", replicas, props.maxReplicas),
      strategyViolation("shared", strategy),
    ]);
    super(scope, id);
    const timeout = `${props.terraformTimeoutSeconds}s`;
    this.deployment = new DeploymentV1(this, "deployment", {
      metadata: { name: props.name, namespace: props.namespace, labels: workloadLabels(props.name) },
      spec: {
        replicas: String(replicas),
        strategy: { type: strategy },
        minReadySeconds: MIN_READY_SECONDS,
        progressDeadlineSeconds: props.progressDeadlineSeconds,
        revisionHistoryLimit: REVISION_HISTORY,
        selector: { matchLabels: selectorLabels(props.name) },
        template: chatPodTemplate(props, { cacheClaimName: props.cacheClaimName, spreadOverNodes: false }),
      },
      waitForRollout: true,
      timeouts: { create: timeout, update: timeout, delete: deleteTimeout(props.terminationGracePeriodSeconds) },
    });
  }
}
