/**
 * EC2 instance types that make sense for a small model on the CPU, and what the plan must know of them.
 *
 * Sources:
 * - vcpus, memory, architecture: the labels that Karpenter generates from the EC2 API,
 *   https://karpenter.sh/docs/reference/instance-types/ (aws/karpenter-provider-aws, instance-types.md);
 * - maxPods: awslabs/amazon-eks-ami, nodeadm/internal/kubelet/eni-max-pods.txt at 2641205
 *   (network interfaces x (addresses - 1) + 2);
 * - threads per core and sockets: EC2 user guide, "CPU options"; a vCPU of c7a, m7a and Graviton is a whole core, on the
 *   others it is half of one;
 * - memory bandwidth: channels x rate x 8 bytes of the socket. Graviton4 536.7 GB/s (AnandTech, 29 November 2023),
 *   Graviton3 307.2 GB/s (en.wikichip.org/wiki/AWS_Graviton3), Sapphire Rapids 8 x DDR5-4800 (Dell, 17 April 2023), Genoa
 *   460.8 GB/s (12 x DDR5-4800, tomshardware.fr on EPYC 7004), Cascade Lake 6 x DDR4-2933, 140.7 GB/s. That a socket is
 *   divided into 96 vCPUs (64 of Graviton3, 48 of Cascade Lake), and that EC2 runs its memory at these rates, **is
 *   assumed**: AWS publishes neither.
 */

export type Architecture = "amd64" | "arm64";

export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architecture: Architecture;
  /** Pods that the VPC CNI can give addresses to without prefix delegation. */
  readonly maxPods: number;
  readonly processor: Processor;
  /** CPU credits: a sustained load falls to the baseline or is billed extra. */
  readonly burstable: boolean;
}

/** What a processor means for token generation. See `throughput.ts` for how the figures are used. */
export interface Processor {
  readonly name: string;
  /** 1 where a vCPU is a core, 2 where two of them share one. */
  readonly threadsPerCore: 1 | 2;
  /**
   * Weights that one core streams through its arithmetic, relative to the core of the measurement. **An estimate**, and
   * the first thing to replace by a measurement of your own.
   */
  readonly relativeCore: number;
  /** Fair share of the socket's memory bandwidth, GB/s for each vCPU. */
  readonly bandwidthPerVcpu: number;
}

const PROCESSORS = {
  // The published two-thread figures for a 7B Q4_K_M: Ice Lake 4.8 tok/s, Graviton3 5.5, Milan 5.2, against the 15.5 GiB/s
  // a core of the reference: 0.59, 0.68 and 0.64. Newer and older cores are placed around them.
  sapphireRapids: { name: "Intel Sapphire Rapids", threadsPerCore: 2, relativeCore: 0.7, bandwidthPerVcpu: 307.2 / 96 },
  genoa: { name: "AMD Genoa (Zen 4)", threadsPerCore: 1, relativeCore: 0.8, bandwidthPerVcpu: 460.8 / 96 },
  // AWS: 30 % more compute than Graviton3.
  graviton4: { name: "AWS Graviton4", threadsPerCore: 1, relativeCore: 0.88, bandwidthPerVcpu: 536.7 / 96 },
  graviton3: { name: "AWS Graviton3", threadsPerCore: 1, relativeCore: 0.68, bandwidthPerVcpu: 307.2 / 64 },
  cascadeLake: {
    name: "Intel Skylake/Cascade Lake",
    threadsPerCore: 2,
    relativeCore: 0.5,
    bandwidthPerVcpu: 140.7 / 48,
  },
} as const satisfies Record<string, Processor>;

interface Family {
  readonly architecture: Architecture;
  readonly memoryGiBPerVcpu: number;
  readonly processor: Processor;
}

const FAMILIES: Readonly<Record<string, Family>> = {
  c7i: { architecture: "amd64", memoryGiBPerVcpu: 2, processor: PROCESSORS.sapphireRapids },
  m7i: { architecture: "amd64", memoryGiBPerVcpu: 4, processor: PROCESSORS.sapphireRapids },
  c7a: { architecture: "amd64", memoryGiBPerVcpu: 2, processor: PROCESSORS.genoa },
  m7a: { architecture: "amd64", memoryGiBPerVcpu: 4, processor: PROCESSORS.genoa },
  c8g: { architecture: "arm64", memoryGiBPerVcpu: 2, processor: PROCESSORS.graviton4 },
  m8g: { architecture: "arm64", memoryGiBPerVcpu: 4, processor: PROCESSORS.graviton4 },
  c7g: { architecture: "arm64", memoryGiBPerVcpu: 2, processor: PROCESSORS.graviton3 },
  m7g: { architecture: "arm64", memoryGiBPerVcpu: 4, processor: PROCESSORS.graviton3 },
  r5: { architecture: "amd64", memoryGiBPerVcpu: 8, processor: PROCESSORS.cascadeLake },
};

const SIZES = [
  { size: "large", vcpus: 2, maxPods: 29 },
  { size: "xlarge", vcpus: 4, maxPods: 58 },
  { size: "2xlarge", vcpus: 8, maxPods: 58 },
  { size: "4xlarge", vcpus: 16, maxPods: 234 },
] as const;

/** t3 has its own ratios of memory and addresses. */
const T3_SIZES = [
  { size: "medium", vcpus: 2, memoryGiB: 4, maxPods: 17 },
  { size: "large", vcpus: 2, memoryGiB: 8, maxPods: 35 },
  { size: "xlarge", vcpus: 4, memoryGiB: 16, maxPods: 58 },
  { size: "2xlarge", vcpus: 8, memoryGiB: 32, maxPods: 58 },
] as const;

/** Every type of the table, family by family, small to large. */
export const INSTANCE_TYPES: readonly InstanceType[] = [
  ...Object.entries(FAMILIES).flatMap(([family, { memoryGiBPerVcpu, ...rest }]) =>
    SIZES.map(({ size, vcpus, maxPods }) => ({
      ...rest,
      name: `${family}.${size}`,
      vcpus,
      maxPods,
      memoryMiB: vcpus * memoryGiBPerVcpu * 1024,
      burstable: false,
    })),
  ),
  ...T3_SIZES.map(({ size, vcpus, memoryGiB, maxPods }) => ({
    name: `t3.${size}`,
    architecture: "amd64" as const,
    vcpus,
    maxPods,
    memoryMiB: memoryGiB * 1024,
    processor: PROCESSORS.cascadeLake,
    burstable: true,
  })),
];

const BY_NAME: ReadonlyMap<string, InstanceType> = new Map(INSTANCE_TYPES.map((type) => [type.name, type]));

/** The instance type of that name, or undefined. */
export function instanceType(name: string): InstanceType | undefined {
  return BY_NAME.get(name);
}

/**
 * The types that may stand in for one of spot: architecture, vCPUs, memory and pods are the same, so a plan for one fits
 * all. The type itself is the first; a burstable type has none beside itself.
 */
export function typesOfSameSize(name: string): string[] {
  const wanted = instanceType(name);
  if (wanted === undefined || wanted.burstable) return [name];
  const same = INSTANCE_TYPES.filter(
    ({ architecture, vcpus, memoryMiB, maxPods, burstable }) =>
      architecture === wanted.architecture &&
      vcpus === wanted.vcpus &&
      memoryMiB === wanted.memoryMiB &&
      maxPods === wanted.maxPods &&
      !burstable,
  );
  return [name, ...same.map((type) => type.name).filter((other) => other !== name)];
}
