/**
 * How much processor this process may really use: the least of what the cgroup quota pays for, what the cpuset holds and
 * what the affinity mask allows. llama.cpp with one thread more than that is not a little slower but seventy times
 * (docs/engine.md), and neither it nor Node 20 reads the quota.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { FatalError } from "../fatal-error.js";
import { cgroupFolders, readText, type SystemRoot } from "./cgroup.js";
import { parseCpuList } from "./cpu-list.js";

export interface CpuAllotment {
  /** Processors in the affinity mask (the scheduler's, which a cpuset narrows too). */
  readonly affinity: number;
  /** Processors' worth of time that the quota pays for, such as 1.5; null without a quota. */
  readonly quota: number | null;
  /** The least of both. */
  readonly cores: number;
  /** Threads for llama.cpp: `max(1, floor(cores))`. */
  readonly threads: number;
  /**
   * Whether the processors are this process's alone, as the kubelet's static CPU manager gives them: some of the machine's,
   * and no quota below their number.
   */
  readonly exclusive: boolean;
  /** Where the numbers come from, for the log. */
  readonly source: { readonly affinity: string; readonly quota: string | null };
}

/** What the kernel has held back since the container started. */
export interface CpuThrottling {
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledSeconds: number;
}

/** @param root the folder with `proc` and `sys`, for tests */
export function cpuAllotment({ root = "/" }: SystemRoot = {}): CpuAllotment {
  const affinity = readAffinity(root);
  const quota = readQuota(root);
  const cores = Math.min(affinity.count, quota?.cores ?? Infinity);
  return {
    affinity: affinity.count,
    quota: quota?.cores ?? null,
    cores,
    threads: Math.max(1, Math.floor(cores)),
    exclusive: affinity.count < machineCores(root) && cores === affinity.count,
    source: { affinity: affinity.source, quota: quota?.source ?? null },
  };
}

/**
 * How many threads llama.cpp gets: what is wanted, or the whole allotment.
 *
 * @throws {FatalError} `invalidSettings` when more are wanted than there are cores to run on
 */
export function allowedThreads(wanted: number | undefined, allotment: CpuAllotment): number {
  const { affinity, quota, cores, threads } = allotment;
  if (wanted === undefined || wanted <= threads) return wanted ?? threads;
  throw new FatalError(
    "invalidSettings",
    `THREADS (${wanted}) must be at most ${threads}: this process may use ${cores} cores ` +
      `(affinity ${affinity}, quota ${quota ?? "none"}), and llama.cpp with more threads than cores is many times slower. ` +
      `Lower THREADS, leave it out, or raise the cpu limit.`,
  );
}

/** @returns undefined where the kernel keeps no such statistics */
export function readThrottling({ root = "/" }: SystemRoot = {}): CpuThrottling | undefined {
  for (const { version, folders } of cgroupFolders("cpu", { root })) {
    for (const folder of folders) {
      const text = readText(join(folder, "cpu.stat"));
      const fields = new Map(text?.split("\n").map((line) => line.split(" ") as [string, string]));
      const periods = Number(fields.get("nr_periods"));
      const throttledPeriods = Number(fields.get("nr_throttled"));
      const time =
        version === 2 ? Number(fields.get("throttled_usec")) / 1e6 : Number(fields.get("throttled_time")) / 1e9;
      if (![periods, throttledPeriods, time].some(Number.isNaN)) {
        return { periods, throttledPeriods, throttledSeconds: time };
      }
    }
  }
  return undefined;
}

function readAffinity(root: string): { count: number; source: string } {
  const path = join(root, "proc/self/status");
  const mask = /^Cpus_allowed:\s*([0-9a-f,]+)$/m.exec(readText(path) ?? "")?.[1];
  const count = mask ? (mask.match(/[0-9a-f]/g) ?? []).reduce((sum, digit) => sum + bitsOf(parseInt(digit, 16)), 0) : 0;
  return count > 0 ? { count, source: path } : { count: availableParallelism(), source: "os.availableParallelism()" };
}

/** Zero where the system does not say. */
function machineCores(root: string): number {
  const online = readText(join(root, "sys/devices/system/cpu/online"));
  return online === undefined ? 0 : parseCpuList(online).size;
}

/** The tightest quota of the own group and all that contain it. */
function readQuota(root: string): { cores: number; source: string } | undefined {
  let tightest: { cores: number; source: string } | undefined;
  for (const { version, folders } of cgroupFolders("cpu", { root })) {
    for (const folder of folders) {
      const source = version === 2 ? join(folder, "cpu.max") : join(folder, "cpu.cfs_quota_us");
      const [quota, period] =
        version === 2
          ? (readText(source)?.split(" ") ?? [])
          : [readText(source), readText(join(folder, "cpu.cfs_period_us"))];
      const cores = Number(quota) / Number(period);
      // "max" (version 2) and -1 (version 1) mean no quota.
      if (cores > 0 && Number.isFinite(cores) && cores < (tightest?.cores ?? Infinity)) tightest = { cores, source };
    }
  }
  return tightest;
}

function bitsOf(digit: number): number {
  return (digit & 1) + ((digit >> 1) & 1) + ((digit >> 2) & 1) + ((digit >> 3) & 1);
}
