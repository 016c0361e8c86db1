/**
 * Finds the control groups of this process and reads their files. Both generations are understood, also side by side,
 * nested groups (every ancestor may set a limit) and the usual container, in which the own group is mounted as the root.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface CgroupFolder {
  readonly version: 1 | 2;
  /** From the own group up to the root, as far as they are visible. */
  readonly folders: readonly string[];
}

/** Where `/proc` and `/sys` are; tests give another folder. */
export interface SystemRoot {
  /** @default "/" */
  readonly root?: string;
}

/** The folders in which a controller's files for this process may be: version 2 first, then version 1. */
export function cgroupFolders(controller: string, { root = "/" }: SystemRoot = {}): CgroupFolder[] {
  const groups = readText(join(root, "proc/self/cgroup"))?.split("\n") ?? [];
  const found: CgroupFolder[] = [];
  for (const line of groups) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined || controllers === undefined) continue;
    if (controllers === "") {
      found.push({ version: 2, folders: ancestors(join(root, "sys/fs/cgroup"), path) });
      // Hybrid hierarchies mount version 2 beside the version 1 controllers.
      found.push({ version: 2, folders: ancestors(join(root, "sys/fs/cgroup/unified"), path) });
    } else if (controllers.split(",").includes(controller)) {
      for (const mount of new Set([controllers, controller])) {
        found.push({ version: 1, folders: ancestors(join(root, "sys/fs/cgroup", mount), path) });
      }
    }
  }
  return found.sort((a, b) => b.version - a.version);
}

/** Trimmed content of a file, or undefined when it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/**
 * The folder of a group and of all that contain it. In a container the path is that of the host and does not exist
 * below the mount, or is `/` or begins with `/..`: then only the mount itself is left, which is the own group.
 */
function ancestors(mount: string, path: string): string[] {
  const names = path.split("/").filter((name) => name !== "" && name !== "..");
  const folders: string[] = [];
  for (let length = names.length; length >= 0; length--) folders.push(join(mount, ...names.slice(0, length)));
  return folders;
}
