/** A pod that crashes right after it became ready does not count as rolled out, seconds. */
export const MIN_READY_SECONDS = 5;

/** Old ReplicaSets or ControllerRevisions that are kept for `kubectl rollout undo`. */
export const REVISION_HISTORY = 3;

/** Seconds beyond the grace period in which the kubelet unmounts the volume and the API server forgets the pod. */
const CLEAN_UP_SECONDS = 120;

/** Terraform's timeout for deleting a workload: the pod may use its whole grace period for running answers. */
export function deleteTimeout(terminationGracePeriodSeconds: number): string {
  return `${terminationGracePeriodSeconds + CLEAN_UP_SECONDS}s`;
}
