import { PersistentVolumeClaimV1 } from "@cdktf/provider-kubernetes/lib/persistent-volume-claim-v1";
import { Construct } from "constructs";

import { workloadLabels } from "./workload-labels";

export interface ModelCacheProps {
  /** Name of the workload; the claim is `<name>-model-cache`. */
  readonly name: string;
  readonly namespace: string;
  readonly storageClassName: string;
  readonly sizeGiB: number;
}

/** What a claim asks for, here and in the claim template of a StatefulSet. */
export function cacheClaimSpec(storageClassName: string, sizeGiB: number) {
  return {
    accessModes: ["ReadWriteOnce"],
    storageClassName,
    resources: { requests: { storage: `${sizeGiB}Gi` } },
  };
}

/**
 * The volume that keeps the model over restarts, evictions and updates of the pod.
 *
 * A class with `WaitForFirstConsumer` binds when the first pod is scheduled, and that pod comes after the claim: with
 * `waitUntilBound` Terraform would wait for five minutes and fail.
 */
export class ModelCache extends Construct {
  readonly claimName: string;
  readonly claim: PersistentVolumeClaimV1;

  constructor(scope: Construct, id: string, props: ModelCacheProps) {
    super(scope, id);
    this.claimName = `${props.name}-model-cache`;
    this.claim = new PersistentVolumeClaimV1(this, "claim", {
      metadata: { name: this.claimName, namespace: props.namespace, labels: workloadLabels(props.name) },
      spec: cacheClaimSpec(props.storageClassName, props.sizeGiB),
      waitUntilBound: false,
    });
  }
}
