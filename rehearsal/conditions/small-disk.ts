/** A tmpfs that is smaller than the model, where this user may mount one. */
import { spawnSync } from "node:child_process";

export interface SmallDisk {
  unmount(): void;
}

/** @returns the mounted disk, or in one sentence why there can be none */
export function mountSmallDisk(folder: string, bytes: number): SmallDisk | string {
  const size = Math.max(4096, Math.floor(bytes));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "carepath-rehearsal", folder], {
    encoding: "utf8",
  });
  if (mounted.error !== undefined) return `mount cannot be run (${mounted.error.message})`;
  if (mounted.status !== 0) return `this user may not mount a tmpfs (${mounted.stderr.trim().split("\n")[0] ?? ""})`;
  return { unmount: () => void spawnSync("umount", [folder]) };
}
