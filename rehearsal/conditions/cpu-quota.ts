/** A cgroup with a CPU quota, where this user may make one: version 2 or version 1. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CpuQuota {
  /** Files to which a process writes its id to join. */
  readonly joinFiles: readonly string[];
  remove(): void;
}

const PERIOD_MICROSECONDS = 100_000;

/**
 * @param root mount point of the cgroup file systems
 * @returns the quota, or in one sentence why there can be none
 */
export function createCpuQuota(cpus: number, root = "/sys/fs/cgroup"): CpuQuota | string {
  const quota = String(Math.round(cpus * PERIOD_MICROSECONDS));
  const name = `carepath-rehearsal-${process.pid}`;
  const v2 = existsSync(join(root, "cgroup.controllers"));
  const parent = v2 ? root : join(root, "cpu");
  if (!existsSync(parent)) return `there is no CPU cgroup under ${root} on this machine`;
  const folder = join(parent, name);
  try {
    mkdirSync(folder);
    if (v2) {
      enableCpuController(root);
      writeFileSync(join(folder, "cpu.max"), `${quota} ${PERIOD_MICROSECONDS}`);
    } else {
      writeFileSync(join(folder, "cpu.cfs_period_us"), String(PERIOD_MICROSECONDS));
      writeFileSync(join(folder, "cpu.cfs_quota_us"), quota);
    }
  } catch (error) {
    remove(folder);
    return `this user may not make one under ${parent} (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
  return { joinFiles: [join(folder, "cgroup.procs")], remove: () => remove(folder) };
}

function enableCpuController(root: string): void {
  const file = join(root, "cgroup.subtree_control");
  if (!readFileSync(file, "utf8").split(/\s+/).includes("cpu")) writeFileSync(file, "+cpu");
}

/** An empty cgroup is removed like a folder; one whose process is still ending says EBUSY and is left to the system. */
function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // An empty cgroup costs nothing.
  }
}
