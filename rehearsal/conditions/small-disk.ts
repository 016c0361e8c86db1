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

const MIB = 1024 * 1024;

/** What the service asks for beside the model: `MARGIN_BYTES` of service/src/model-store/free-space.ts. */
export const CACHE_MARGIN_MIB = 4;

/** Explains why the service's message names other numbers than the bytes of the model and of the disk. */
export function smallDiskNote(modelBytes: number): string {
  const mib = (bytes: number) => `${(bytes / MIB).toFixed(2)} MiB`;
  return (
    `The cache volume has ${mib(modelBytes / 2)}, half of the model's ${mib(modelBytes)}. The service wants ` +
    `${CACHE_MARGIN_MIB} MiB more than the model, for its own files, and rounds up to whole MiB.`
  );
}
