import { StatefulSetV1 } from "@cdktf/provider-kubernetes/lib/stateful-set-v1";
import { Construct } from "constructs";

import { CACHE_VOLUME, chatPodTemplate, type ChatPodProps } from "./chat-pod";
import { HeadlessService } from "./headless-service";
import { ChatAutoscaler } from "./autoscaler";
import { DisruptionBudget } from "./disruption-budget";
import { cacheClaimSpec } from "./model-cache";
import { MIN_READY_SECONDS, REVISION_HISTORY, deleteTimeout } from "./rollout";
import { selectorLabels, workloadLabels } from "./workload-labels";

export interface ChatStatefulSetProps extends ChatPodProps {
  readonly namespace: string;
  readonly storageClassName: string;
  /** Size of the cache of each replica. */
  readonly cacheSizeGiB: number;
  readonly replicas: number;
  /** Creates an autoscaler from `replicas` up to this number. @default no autoscaler */
  readonly maxReplicas?: number | undefined;
  /** Seconds that Terraform waits until all replicas are updated, one after the other. */
  readonly terraformTimeoutSeconds: number;
}

/**
 * The chat service with a cache volume for each replica: headless service, replicas spread over zones and nodes,
 * a disruption budget that lets drains pass, and an autoscaler when `maxReplicas` is set.
 *
 * Replicas start in parallel, each with its own download; one after the other would multiply the cold start. An update
 * replaces them one at a time, so a new version that never gets ready costs one replica and not the service.
 */
export class ChatStatefulSet extends Construct {
  readonly statefulSet: StatefulSetV1;

  constructor(scope: Construct, id: string, props: ChatStatefulSetProps) {
    super(scope, id);
    const { name, namespace, replicas, maxReplicas } = props;
    const { startup } = props.probes;
    const several = replicas > 1 || maxReplicas !== undefined;
    const timeout = `${props.terraformTimeoutSeconds}s`;
    const headless = new HeadlessService(this, "headless-service", { name, namespace });
    this.statefulSet = new StatefulSetV1(this, "stateful-set", {
      metadata: { name, namespace, labels: workloadLabels(name) },
      spec: {
        serviceName: headless.serviceName,
        replicas: String(replicas),
        podManagementPolicy: "Parallel",
        updateStrategy: [{ type: "RollingUpdate", rollingUpdate: [{ partition: 0 }] }],
        minReadySeconds: MIN_READY_SECONDS,
        revisionHistoryLimit: REVISION_HISTORY,
        selector: { matchLabels: selectorLabels(name) },
        template: chatPodTemplate(props, { spread: several }),
        volumeClaimTemplate: [
          {
            metadata: { name: CACHE_VOLUME, labels: workloadLabels(name) },
            spec: cacheClaimSpec(props.storageClassName, props.cacheSizeGiB),
          },
        ],
        // A cache costs money and a download brings it back. Kept while scaled down, so that scaling up again is warm.
        persistentVolumeClaimRetentionPolicy: [{ whenDeleted: "Delete", whenScaled: "Retain" }],
      },
      waitForRollout: true,
      timeouts: { create: timeout, update: timeout, delete: deleteTimeout(props.terminationGracePeriodSeconds) },
      dependsOn: [headless.service],
      // From then on the number of replicas is the autoscaler's; Terraform would set it back at every deploy.
      lifecycle: maxReplicas === undefined ? undefined : { ignoreChanges: ["spec[0].replicas"] },
    });
    if (several) new DisruptionBudget(this, "disruption-budget", { name, namespace });
    if (maxReplicas !== undefined) {
      new ChatAutoscaler(this, "autoscaler", {
        name,
        namespace,
        minReplicas: replicas,
        maxReplicas,
        parallelSlots: props.settings.parallelSlots,
        startupWindowSeconds: startup.periodSeconds * startup.failureThreshold,
        terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
        dependsOn: [this.statefulSet],
      });
    }
  }
}
