/** EC2 instance types that make sense for a small model on the CPU. */

export type Architecture = "amd64" | "arm64";

export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architecture: Architecture;
  /** Pods that the VPC CNI can give addresses to without prefix delegation. */
  readonly maxPods: number;
}

const SIZES = {
  medium: { vcpus: 2, maxPods: 17 },
  large: { vcpus: 2, maxPods: 29 },
  xlarge: { vcpus: 4, maxPods: 58 },
  "2xlarge": { vcpus: 8, maxPods: 58 },
} as const;

const FAMILIES: Readonly<Record<string, { readonly architecture: Architecture; readonly memoryGiBPerVcpu: number }>> = {
  c7i: { architecture: "amd64", memoryGiBPerVcpu: 2 },
  m7i: { architecture: "amd64", memoryGiBPerVcpu: 4 },
  c7a: { architecture: "amd64", memoryGiBPerVcpu: 2 },
  m7a: { architecture: "amd64", memoryGiBPerVcpu: 4 },
  c8g: { architecture: "arm64", memoryGiBPerVcpu: 2 },
  m8g: { architecture: "arm64", memoryGiBPerVcpu: 4 },
  c7g: { architecture: "arm64", memoryGiBPerVcpu: 2 },
  m7g: { architecture: "arm64", memoryGiBPerVcpu: 4 },
  r5: { architecture: "amd64", memoryGiBPerVcpu: 8 },
};

const TYPES: ReadonlyMap<string, InstanceType> = new Map(
  Object.entries(FAMILIES).flatMap(([family, { architecture, memoryGiBPerVcpu }]) =>
    (["large", "xlarge", "2xlarge"] as const).map((size) => {
      const name = `${family}.${size}`;
      const { vcpus, maxPods } = SIZES[size];
      return [name, { name, vcpus, maxPods, architecture, memoryMiB: vcpus * memoryGiBPerVcpu * 1024 }] as const;
    }),
  ),
);

/** Every type of the table, family by family. */
export const INSTANCE_TYPES: readonly InstanceType[] = [...TYPES.values()];

/** The instance type of that name, or undefined. */
export function instanceType(name: string): InstanceType | undefined {
  return TYPES.get(name);
}
