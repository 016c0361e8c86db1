import { type InstanceType } from "./instance-types";

/** An instance type with one NVIDIA GPU, for the engine on GPUs (docs/scaling.md). */
export interface GpuInstanceType extends InstanceType {
  readonly gpu: { readonly name: string; readonly memoryMiB: number };
}

/**
 * Sources: vCPUs, memory, pods and memory of the GPU: karpenter.sh/docs/reference/instance-types (the repository's
 * instance-types.md at 1d92708). Processor: half a core of AMD Milan for each vCPU, with the published relation to the
 * reference that `instance-types.ts` tells, and 8 x DDR4-3200 a socket.
 */
const G6 = {
  architecture: "amd64",
  maxPods: 58,
  processor: { name: "NVIDIA L4", threadsPerCore: 2, relativeCore: 0.64, bandwidthPerVcpu: 204.8 / 96 },
  burstable: false,
  gpu: { name: "NVIDIA L4", memoryMiB: 22_888 },
} as const;

export const GPU_INSTANCE_TYPES: readonly GpuInstanceType[] = [
  { ...G6, name: "g6.xlarge", vcpus: 4, memoryMiB: 16_384 },
  { ...G6, name: "g6.2xlarge", vcpus: 8, memoryMiB: 32_768 },
];

/** The type of that name, or undefined. */
export function gpuInstanceType(name: string): GpuInstanceType | undefined {
  return GPU_INSTANCE_TYPES.find((type) => type.name === name);
}
