import { type InstanceType } from "../catalogue/instance-types";

/** What pods may request on a node: the EKS AMI's reservations and the eviction threshold are already taken off. */
export interface NodeAllocatable {
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly pods: number;
}

/**
 * Share of the nominal memory that the hypervisor and the kernel keep: Karpenter's default for a node it has not seen.
 * @see https://karpenter.sh/docs/reference/settings/ (VM_MEMORY_OVERHEAD_PERCENT)
 */
const VM_MEMORY_OVERHEAD = 0.075;

/** Contiguous memory that a Graviton kernel sets aside; the difference between Karpenter's arm64 and amd64 figures. */
const ARM_RESERVED_MIB = 64;

/** `evictionHard memory.available` of the EKS AMI. */
const EVICTION_MIB = 100;

/**
 * Managed node groups without a custom AMI cap maxPods below 30 vCPUs; larger ones may have 250.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html#max-pods-precedence
 */
const MANAGED_MAX_PODS = 110;

/** Reserved of each further core, in hundredths of a percent: 6 % of the first, 1 % of the second, then 0.5 and 0.25 %. */
const CPU_STEPS = [
  { upTo: 1000, share: 600 },
  { upTo: 2000, share: 100 },
  { upTo: 4000, share: 50 },
  { upTo: Number.POSITIVE_INFINITY, share: 25 },
] as const;

type Machine = Pick<InstanceType, "vcpus" | "memoryMiB" | "architecture" | "maxPods">;

/**
 * Allocatable of a node with the EKS AMI (AL2023), as nodeadm configures the kubelet.
 * @see https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/config.go
 */
export function nodeAllocatable(machine: Machine): NodeAllocatable {
  const capacityMiB = Math.floor(
    (machine.memoryMiB - (machine.architecture === "arm64" ? ARM_RESERVED_MIB : 0)) * (1 - VM_MEMORY_OVERHEAD),
  );
  return {
    cpuMillicores: machine.vcpus * 1000 - kubeReservedCpu(machine.vcpus * 1000),
    memoryMiB: capacityMiB - kubeReservedMemory(machine.maxPods) - EVICTION_MIB,
    pods: Math.min(machine.maxPods, MANAGED_MAX_PODS),
  };
}

/** Millicores that the AMI reserves for the kubelet and the runtime; each step rounds down, as nodeadm does. */
export function kubeReservedCpu(totalMillicores: number): number {
  let reserved = 0;
  let from = 0;
  for (const { upTo, share } of CPU_STEPS) {
    if (totalMillicores > from) reserved += Math.floor(((Math.min(totalMillicores, upTo) - from) * share) / 10_000);
    from = upTo;
  }
  return reserved;
}

/** MiB that the AMI reserves for the kubelet and the runtime. */
export function kubeReservedMemory(maxPods: number): number {
  return 255 + 11 * maxPods;
}
