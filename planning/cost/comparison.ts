import { INSTANCE_TYPES, type InstanceType } from "../catalogue/instance-types";
import { podFit, type PodFit, type PodRequests } from "../capacity/pod-fit";
import { type AddonName } from "../capacity/system-pods";
import { HOURS_PER_MONTH, SPOT_SHARE, instanceHour } from "./prices";
import { throughput } from "../capacity/throughput";

/** One instance type beside the others, for the model and pod of an environment. */
export interface ComparisonRow {
  readonly name: string;
  readonly architecture: InstanceType["architecture"];
  readonly processor: string;
  readonly vcpus: number;
  readonly memoryGiB: number;
  /** Whether the pod as it is configured fits. */
  readonly fits: boolean;
  /** Most cores that a single pod could have here, with the memory that this one asks for. */
  readonly largestPodCores: number;
  readonly onDemandMonth: number;
  readonly spotMonth: number;
  /** Estimate with the largest pod, tokens a second; null when no pod with this memory fits. */
  readonly tokensPerSecond: number | null;
  /** Output tokens at full use of that pod, on demand. */
  readonly usdPerMillionTokens: number | null;
  readonly burstable: boolean;
}

export interface ComparisonInput {
  readonly names: readonly string[];
  readonly pod: PodRequests;
  /** What the environment installs besides what every cluster has. */
  readonly addons: readonly AddonName[];
  readonly modelBytes: number;
}

/**
 * Instance types side by side, cheapest tokens first; those that hold no pod with this memory come last.
 * @throws {UnknownInstanceTypesError} when a name is not in the table
 */
export function compareInstances({ names, pod, addons, modelBytes }: ComparisonInput): ComparisonRow[] {
  const unknown = names.filter((name) => !INSTANCE_TYPES.some((type) => type.name === name));
  if (unknown.length > 0) throw new UnknownInstanceTypesError(unknown);
  return INSTANCE_TYPES.filter(({ name }) => names.includes(name))
    .map((instance) => row(instance, podFit(instance, pod, addons), { pod, modelBytes }))
    .sort((a, b) => (a.usdPerMillionTokens ?? Infinity) - (b.usdPerMillionTokens ?? Infinity));
}

/** Names that the table of instance types does not have. */
export class UnknownInstanceTypesError extends Error {
  constructor(readonly names: readonly string[]) {
    super(
      `instance types (${names.join(", ")}) are not in planning/catalogue/instance-types.ts. Known: ` +
        `${INSTANCE_TYPES.map(({ name }) => name).join(", ")}.`,
    );
    this.name = "UnknownInstanceTypesError";
  }
}

function row(
  instance: InstanceType,
  fit: PodFit,
  { pod, modelBytes }: Pick<ComparisonInput, "pod" | "modelBytes">,
): ComparisonRow {
  const cores = fit.free.memoryMiB >= pod.memoryMiB ? fit.largestPodCores : 0;
  const hour = instanceHour(instance.name);
  const speed = cores === 0 ? null : throughput(modelBytes, { threads: cores, slots: 1, instance }).decode;
  return {
    name: instance.name,
    architecture: instance.architecture,
    processor: instance.processor.name,
    vcpus: instance.vcpus,
    memoryGiB: instance.memoryMiB / 1024,
    fits: fit.podsPerNode > 0,
    largestPodCores: cores,
    onDemandMonth: hour * HOURS_PER_MONTH,
    spotMonth: hour * SPOT_SHARE * HOURS_PER_MONTH,
    tokensPerSecond: speed,
    usdPerMillionTokens: speed === null ? null : (hour / (speed * 3600)) * 1e6,
    burstable: instance.burstable,
  };
}
