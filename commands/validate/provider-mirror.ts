import { existsSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const REGISTRY = "registry.terraform.io";

/** Folders in which a provider mirror (a folder with `registry.terraform.io` in it) is looked for, one level deep. */
export function mirrorRoots(env: NodeJS.ProcessEnv): string[] {
  const home = env["HOME"] ?? homedir();
  const data = env["XDG_DATA_HOME"] ?? join(home, ".local", "share");
  return [join(home, ".terraform.d"), join(data, "terraform"), "/usr/local/share", "/usr/share", "/opt", "/"];
}

/** The first mirror: `TF_PLUGIN_MIRROR` where it is set, otherwise what lies in or directly below one of the roots. */
export function findMirror(env: NodeJS.ProcessEnv, roots: readonly string[] = mirrorRoots(env)): string | undefined {
  const named = env["TF_PLUGIN_MIRROR"] ?? "";
  if (named !== "") return named;
  const candidates = roots.flatMap((root) => [root, ...folders(root).map((name) => join(root, name))]);
  return candidates.find((folder) => existsSync(join(folder, REGISTRY)));
}

/** Versions of a provider (`aws`, `hashicorp/aws` or with its host: the way Terraform reads a source) that the mirror has, oldest first. */
export function mirroredVersions(mirror: string, source: string): string[] {
  const parts = source.split("/");
  const folder = join(mirror, ...[REGISTRY, "hashicorp"].slice(0, 3 - parts.length), ...parts);
  if (!existsSync(folder)) return [];
  const versions = readdirSync(folder).flatMap((entry) => {
    const packed = /^terraform-provider-.+_(\d+\.\d+\.\d+)_.+\.zip$/.exec(entry)?.[1];
    if (packed !== undefined) return [packed];
    return /^\d+\.\d+\.\d+$/.test(entry) ? [entry] : [];
  });
  return [...new Set(versions)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

function folders(root: string): string[] {
  try {
    return readdirSync(root).filter(
      (name) => statSync(join(root, name), { throwIfNoEntry: false })?.isDirectory() === true,
    );
  } catch {
    return []; // not there, or not ours to read
  }
}
