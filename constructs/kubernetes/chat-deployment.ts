import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { Construct } from "constructs";

import { chatPodTemplate, type ChatPodProps } from "./chat-pod";
import { selectorLabels, workloadLabels } from "./workload-labels";
import { MIN_READY_SECONDS, REVISION_HISTORY, deleteTimeout } from "./rollout";

export interface ChatDeploymentProps extends ChatPodProps {
  readonly namespace: string;
  /** The claim of the model cache. */
  readonly cacheClaimName: string;
  /** Seconds without progress after which Kubernetes calls a rollout failed; more than the startup window. */
  readonly progressDeadlineSeconds: number;
  /** Seconds that Terraform waits for a rollout; more than `progressDeadlineSeconds`, so Kubernetes gives up first. */
  readonly terraformTimeoutSeconds: number;
}

/**
 * The chat service with one cache volume. It has one pod, because one ReadWriteOnce volume serves one pod, and an update
 * stops the old pod before it starts the new one: in a rolling update each would wait for the other.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
 */
export class ChatDeployment extends Construct {
  readonly deployment: DeploymentV1;

  constructor(scope: Construct, id: string, props: ChatDeploymentProps) {
    super(scope, id);
    const timeout = `${props.terraformTimeoutSeconds}s`;
    this.deployment = new DeploymentV1(this, "deployment", {
      metadata: { name: props.name, namespace: props.namespace, labels: workloadLabels(props.name) },
      spec: {
        replicas: "1",
        strategy: { type: "Recreate" },
        minReadySeconds: MIN_READY_SECONDS,
        progressDeadlineSeconds: props.progressDeadlineSeconds,
        revisionHistoryLimit: REVISION_HISTORY,
        selector: { matchLabels: selectorLabels(props.name) },
        template: chatPodTemplate(props, { cacheClaimName: props.cacheClaimName, spread: false }),
      },
      waitForRollout: true,
      timeouts: { create: timeout, update: timeout, delete: deleteTimeout(props.terminationGracePeriodSeconds) },
    });
  }
}
