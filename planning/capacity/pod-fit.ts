import { INSTANCE_TYPES, type InstanceType } from "../catalogue/instance-types";
import { nodeAllocatable, type NodeAllocatable } from "./node-capacity";
import { type AddonName, systemRequests, type Requests } from "./system-pods";

/** Requests of one chat pod. */
export interface PodRequests {
  readonly cpuCores: number;
  readonly memoryMiB: number;
}

/** How one node and the chat pods go together. */
export interface PodFit {
  readonly instance: InstanceType;
  readonly allocatable: NodeAllocatable;
  readonly system: Requests;
  /** What is left for chat pods. */
  readonly free: { readonly cpuMillicores: number; readonly memoryMiB: number; readonly pods: number };
  /** Whole cores that one pod could have here. */
  readonly largestPodCores: number;
  /** Chat pods that one node holds; 0 when it does not fit. */
  readonly podsPerNode: number;
  /** Cores that no chat pod has: with exclusive cores, everything else on the node runs on these. */
  readonly sharedCores: number;
}

/** Room on a node after the EKS reservations and the system pods. */
export function podFit(instance: InstanceType, pod: PodRequests, addons: readonly AddonName[]): PodFit {
  const allocatable = nodeAllocatable(instance);
  const system = systemRequests(addons);
  const free = {
    cpuMillicores: allocatable.cpuMillicores - system.cpuMillicores,
    memoryMiB: allocatable.memoryMiB - system.memoryMiB,
    pods: allocatable.pods - system.pods,
  };
  const perNode = Math.min(
    Math.floor(free.cpuMillicores / (pod.cpuCores * 1000)),
    Math.floor(free.memoryMiB / pod.memoryMiB),
    free.pods,
  );
  const podsPerNode = Math.max(0, perNode);
  return {
    instance,
    allocatable,
    system,
    free,
    largestPodCores: Math.max(0, Math.floor(free.cpuMillicores / 1000)),
    podsPerNode,
    sharedCores: instance.vcpus - podsPerNode * pod.cpuCores,
  };
}

/** The smallest type that holds the pod, same family first; undefined when the table has none. */
export function typeThatFits(
  instance: InstanceType,
  pod: PodRequests,
  addons: readonly AddonName[],
): InstanceType | undefined {
  const family = instance.name.split(".")[0];
  const fitting = INSTANCE_TYPES.filter(
    (candidate) =>
      !candidate.burstable &&
      candidate.architecture === instance.architecture &&
      podFit(candidate, pod, addons).podsPerNode > 0,
  );
  return fitting.find(({ name }) => name.startsWith(`${family ?? ""}.`)) ?? bySize(fitting)[0];
}

function bySize(types: readonly InstanceType[]): InstanceType[] {
  return [...types].sort((a, b) => a.vcpus - b.vcpus || a.memoryMiB - b.memoryMiB);
}
