import { INSTANCE_TYPES, type InstanceType } from "./instance-types";
import { nodeAllocatable, type NodeAllocatable } from "./node-capacity";
import { systemRequests, type Requests } from "./system-pods";
import { type RuleViolation } from "./workload-rules";

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
}

/** Room on a node after the EKS reservations and the system pods. */
export function podFit(instance: InstanceType, pod: PodRequests): PodFit {
  const allocatable = nodeAllocatable(instance);
  const system = systemRequests();
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
  return {
    instance,
    allocatable,
    system,
    free,
    largestPodCores: Math.max(0, Math.floor(free.cpuMillicores / 1000)),
    podsPerNode: Math.max(0, perNode),
  };
}

/** What keeps the pod off every node of that type, or nothing. */
export function fitViolations(fit: PodFit, pod: PodRequests): RuleViolation[] {
  const { instance, allocatable, system, free } = fit;
  const violations: RuleViolation[] = [];
  if (pod.cpuCores * 1000 > free.cpuMillicores) {
    violations.push({
      subject: "chat.cpuCores",
      actual: pod.cpuCores,
      rule:
        `does not fit ${instance.name}: of ${instance.vcpus * 1000}m, EKS leaves ${allocatable.cpuMillicores}m and the ` +
        `system pods take up to ${system.cpuMillicores}m, so ${free.cpuMillicores}m are free`,
      fix: `Set cpuCores to ${fit.largestPodCores || "nothing here"}, or nodes.instanceType to ${larger(instance, pod)}`,
    });
  }
  if (pod.memoryMiB > free.memoryMiB) {
    violations.push({
      subject: "chat.memoryMiB",
      actual: pod.memoryMiB,
      rule:
        `does not fit ${instance.name}: of ${instance.memoryMiB} MiB, EKS leaves ${allocatable.memoryMiB} and the system ` +
        `pods take up to ${system.memoryMiB}, so ${free.memoryMiB} MiB are free`,
      fix: `Set nodes.instanceType to ${larger(instance, pod)}`,
    });
  }
  return violations;
}

export interface FleetSize {
  /** Chat pods at most: the autoscaler's limit where there is one. */
  readonly replicas: number;
  /** Nodes that exist without anybody asking for more: no node autoscaler is installed. */
  readonly nodes: number;
}

/** Replicas beyond what the nodes hold stay Pending for ever. */
export function fleetViolation(fit: PodFit, { replicas, nodes }: FleetSize): RuleViolation | undefined {
  if (fit.podsPerNode === 0 || replicas <= fit.podsPerNode * nodes) return undefined;
  return {
    subject: "nodes.desiredSize",
    actual: nodes,
    rule: `${nodes === 1 ? "node holds" : "nodes hold"} ${fit.podsPerNode * nodes} chat pods (${fit.podsPerNode} on each ${fit.instance.name}), and up to ${replicas} are asked for: the others would stay Pending, as nothing here adds nodes by itself`,
    fix: `Set nodes.desiredSize to ${Math.ceil(replicas / fit.podsPerNode)} or more`,
  };
}

/** The next larger types that hold the pod, same family first. */
function larger(instance: InstanceType, pod: PodRequests): string {
  const family = instance.name.split(".")[0];
  const fitting = INSTANCE_TYPES.filter(
    (candidate) =>
      !candidate.burstable &&
      candidate.architecture === instance.architecture &&
      podFit(candidate, pod).podsPerNode > 0,
  );
  const best = fitting.find(({ name }) => name.startsWith(`${family ?? ""}.`)) ?? bySize(fitting)[0];
  return best === undefined ? "a type that is larger than any of the table" : best.name;
}

function bySize(types: readonly InstanceType[]): InstanceType[] {
  return [...types].sort((a, b) => a.vcpus - b.vcpus || a.memoryMiB - b.memoryMiB);
}
