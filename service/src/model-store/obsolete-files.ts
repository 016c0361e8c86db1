import { readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isStoreFile, type CachePaths } from "./cache-layout.js";

/** A file of this store that the present model does not need: another model, or a download that was never finished. */
export interface ObsoleteFile {
  readonly name: string;
  readonly bytes: number;
}

export async function findObsoleteFiles(paths: CachePaths): Promise<readonly ObsoleteFile[]> {
  const present = basename(paths.model);
  const names = (await readdir(paths.directory)).filter((name) => isStoreFile(name) && !name.startsWith(present));
  return await Promise.all(
    names.sort().map(async (name) => ({
      name,
      bytes: await stat(join(paths.directory, name)).then(
        (file) => file.blocks * 512,
        () => 0,
      ),
    })),
  );
}

/** Only under the cache lock. A process that has such a model open keeps reading it until it closes the file. */
export async function removeObsoleteFiles(paths: CachePaths, leftovers: readonly ObsoleteFile[]): Promise<void> {
  await Promise.all(leftovers.map(({ name }) => rm(join(paths.directory, name), { force: true })));
}
