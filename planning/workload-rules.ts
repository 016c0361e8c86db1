/**
 * What a workload with a cache on a block volume must keep to. Each rule answers with what is wrong, or undefined. The
 * constructs call them for whoever uses a construct directly; the configuration calls them for every problem at once.
 */

/** One broken rule, as a sentence: `<subject> (<actual>) <rule>. <fix>.` */
export interface RuleViolation {
  /** Name of the offending setting, relative to the workload: `replicas`. */
  readonly subject: string;
  readonly actual: unknown;
  /** What must hold, and why; continues the subject. */
  readonly rule: string;
  /** What to write instead. */
  readonly fix: string;
}

/** `shared`: one ReadWriteOnce volume for the workload. `per-replica`: one for each replica. */
export type CacheMode = "shared" | "per-replica";

/** A ReadWriteOnce volume attaches to one node; a second pod elsewhere would wait for it for ever. */
export function replicasViolation(cache: CacheMode, replicas: number): RuleViolation | undefined {
  if (cache === "per-replica" || replicas <= 1) return undefined;
  return {
    subject: "replicas",
    actual: replicas,
    rule: 'needs cache "per-replica": one ReadWriteOnce volume cannot serve several pods',
    fix: 'Set cache: "per-replica" or replicas: 1',
  };
}

/** An autoscaler has nothing to scale where more than one replica is refused. */
export function maxReplicasViolation(
  cache: CacheMode,
  replicas: number,
  maxReplicas: number | undefined,
): RuleViolation | undefined {
  if (maxReplicas === undefined) return undefined;
  if (cache === "shared") {
    return {
      subject: "maxReplicas",
      actual: maxReplicas,
      rule: 'needs cache "per-replica": one ReadWriteOnce volume cannot serve several pods',
      fix: 'Set cache: "per-replica" or leave maxReplicas out',
    };
  }
  if (maxReplicas > replicas) return undefined;
  return {
    subject: "maxReplicas",
    actual: maxReplicas,
    rule: `must be more than replicas (${replicas}), the number that the autoscaler starts from`,
    fix: `Set maxReplicas to ${replicas + 1} or more, or leave it out`,
  };
}

export type UpdateStrategy = "Recreate" | "RollingUpdate";

/**
 * A rolling update starts the new pod first; it waits for the volume that the old pod holds until the new one is ready.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
 */
export function strategyViolation(cache: CacheMode, strategy: UpdateStrategy): RuleViolation | undefined {
  if (cache === "per-replica" || strategy === "Recreate") return undefined;
  return {
    subject: "strategy",
    actual: strategy,
    rule: "deadlocks on one ReadWriteOnce volume: the new pod waits for the volume of the old one, which waits for the new pod",
    fix: 'Set strategy: "Recreate" or cache: "per-replica"',
  };
}

/**
 * Only whole cores give an exact thread count: a fractional limit is a CFS quota that stalls every thread at once.
 * @see https://kubernetes.io/docs/tasks/administer-cluster/cpu-management-policies/
 */
export function cpuCoresViolation(cpuCores: number): RuleViolation | undefined {
  if (Number.isInteger(cpuCores) && cpuCores >= 1) return undefined;
  return {
    subject: "cpuCores",
    actual: cpuCores,
    rule: "must be a whole number of cores, 1 or more: llama.cpp runs one thread a core, and a fraction of a core throttles all of them",
    fix: `Set cpuCores to ${Math.max(1, Math.ceil(Number.isFinite(cpuCores) ? cpuCores : 1))}`,
  };
}

/** More threads than cores wait for each other at every layer of the model: 70 times slower when it was measured. */
export function threadsViolation(threads: number | undefined, cpuCores: number): RuleViolation | undefined {
  if (threads === undefined || threads <= cpuCores) return undefined;
  return {
    subject: "threads",
    actual: threads,
    rule: `must not be more than cpuCores (${cpuCores}): threads without a core of their own stall the others`,
    fix: `Set threads to ${cpuCores} or less, or leave it out`,
  };
}

/**
 * A budget that leaves no pod to evict stops every node drain, and with it upgrades of the node group.
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
export function disruptionBudgetViolation(replicas: number, maxUnavailable: number): RuleViolation | undefined {
  if (maxUnavailable >= 1) return undefined;
  return {
    subject: "maxUnavailable",
    actual: maxUnavailable,
    rule: `blocks every node drain: none of ${replicas} ${replicas === 1 ? "replica" : "replicas"} may be evicted`,
    fix: "Set maxUnavailable to 1",
  };
}

/** Limits of a gp3 volume. @see https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html */
export const GP3 = {
  baselineIops: 3000,
  maximumIops: 80_000,
  iopsPerGiB: 500,
  baselineThroughputMiBps: 125,
  maximumThroughputMiBps: 2000,
  throughputMiBpsPerIops: 0.25,
} as const;

/** AWS refuses such a volume when the first pod claims it: long after synth, and only in the events of the claim. */
export function gp3Violations(volume: {
  readonly iops: number;
  readonly throughputMiBps: number;
  /** Size of the smallest volume of the class, GiB. Not checked where it is not known. */
  readonly sizeGiB?: number;
}): RuleViolation[] {
  const violations: RuleViolation[] = [];
  const { iops, throughputMiBps, sizeGiB } = volume;
  if (!Number.isInteger(iops) || iops < GP3.baselineIops || iops > GP3.maximumIops) {
    violations.push({
      subject: "iops",
      actual: iops,
      rule: `must be a whole number from ${GP3.baselineIops} to ${GP3.maximumIops} on gp3`,
      fix: `Set iops to ${GP3.baselineIops}, which is included in the price`,
    });
  }
  if (
    !Number.isInteger(throughputMiBps) ||
    throughputMiBps < GP3.baselineThroughputMiBps ||
    throughputMiBps > GP3.maximumThroughputMiBps
  ) {
    violations.push({
      subject: "throughputMiBps",
      actual: throughputMiBps,
      rule: `must be a whole number from ${GP3.baselineThroughputMiBps} to ${GP3.maximumThroughputMiBps} on gp3`,
      fix: `Set throughputMiBps to ${GP3.baselineThroughputMiBps}, which is included in the price`,
    });
  }
  if (throughputMiBps > iops * GP3.throughputMiBpsPerIops) {
    violations.push({
      subject: "throughputMiBps",
      actual: throughputMiBps,
      rule: `needs ${throughputMiBps / GP3.throughputMiBpsPerIops} iops, and the volume has ${iops}: gp3 gives ${GP3.throughputMiBpsPerIops} MiB/s for each of them`,
      fix: `Set iops to ${throughputMiBps / GP3.throughputMiBpsPerIops} or throughputMiBps to ${Math.floor(iops * GP3.throughputMiBpsPerIops)}`,
    });
  }
  // Every size has the baseline: 1 GiB gets 3000 iops although 500 a GiB would be less.
  if (sizeGiB !== undefined && iops > Math.max(GP3.baselineIops, sizeGiB * GP3.iopsPerGiB)) {
    violations.push({
      subject: "iops",
      actual: iops,
      rule: `is more than a gp3 volume of ${sizeGiB} GiB can have: ${GP3.iopsPerGiB} for each GiB`,
      fix: `Set iops to ${Math.max(GP3.baselineIops, sizeGiB * GP3.iopsPerGiB)} or the size to ${Math.ceil(iops / GP3.iopsPerGiB)} GiB`,
    });
  }
  return violations;
}

/** `replicas (3) needs ...: .... Set ....` */
export function violationMessage({ subject, actual, rule, fix }: RuleViolation): string {
  return `${subject} (${shown(actual)}) ${rule}. ${fix}.`;
}

/** Lists and objects as they would be written; numbers as they are, because JSON has no word for NaN. */
function shown(actual: unknown): string {
  if (actual === undefined) return "not set";
  return typeof actual === "string" || typeof actual === "number" ? String(actual) : JSON.stringify(actual);
}

/**
 * Throws the broken rules among `violations`, one a line.
 * @param subject what they are about, e.g. `Deployment "chat-api"`
 */
export function refuseViolations(subject: string, violations: readonly (RuleViolation | undefined)[]): void {
  const broken = violations.filter((violation) => violation !== undefined);
  if (broken.length === 0) return;
  throw new Error(`${subject}: ${broken.map(violationMessage).join("\n")}`);
}
