/** The workload's mounts as folders of this machine. */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { ENV } from "../service/src/contract";
import { type Workload } from "./workload";

/** A folder for each mount, by mount path. */
export function mapMounts(workload: Workload, folder: string, modelCache: string | undefined): Map<string, string> {
  const folders = new Map<string, string>();
  for (const mount of workload.mounts) {
    const own =
      mount.source === "cache" && modelCache !== undefined ? resolve(modelCache) : join(folder, "mounts", mount.name);
    mkdirSync(own, { recursive: true });
    folders.set(mount.mountPath, own);
  }
  return folders;
}

export function movedPath(value: string, folders: ReadonlyMap<string, string>): string | undefined {
  for (const [mountPath, own] of folders) {
    if (value === mountPath || value.startsWith(`${mountPath}/`)) return own + value.slice(mountPath.length);
  }
  return undefined;
}

/** Writes a made-up key into each file of each mounted Secret, and returns the API key that the client must send. */
export function writeSecrets(
  workload: Workload,
  folders: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string>>,
): string | undefined {
  const key = `rehearsal-${randomBytes(24).toString("hex")}`;
  for (const mount of workload.mounts) {
    const own = folders.get(mount.mountPath);
    if (own === undefined) continue;
    for (const file of mount.secretFiles) writeFileSync(join(own, file), `${key}\n`, { mode: 0o600 });
  }
  return env[ENV.apiKeysFile] === undefined ? undefined : key;
}
