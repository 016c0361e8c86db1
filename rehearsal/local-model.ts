import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";

import { runNode } from "./node-process";
import { RehearsalError } from "./rehearsal-error";

/** A model file of this machine. */
export interface LocalModel {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Whether `--model` names a file; otherwise it is an id of the catalogue. */
export const isPath = (model: string): boolean => model.includes("/") || model.endsWith(".gguf") || existsSync(model);

/**
 * The file to serve: the one that `--model` names, or a tiny model that is made in `folder`.
 *
 * @returns undefined for an id of the catalogue, which the service downloads from where the workload says
 */
export async function localModel(
  root: string,
  model: string | undefined,
  folder: string,
): Promise<LocalModel | undefined> {
  if (model !== undefined && !isPath(model)) return undefined;
  const path = model === undefined ? join(folder, "tiny.gguf") : resolve(model);
  if (model === undefined) {
    const args = ["--import", "tsx", "service/tools/make-model.ts", "--shape", "tiny", "--out", path];
    const { code, output } = await runNode(root, args);
    if (code !== 0) throw new RehearsalError(`the tiny model cannot be made:\n${output}`);
  }
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return { path, bytes: statSync(path).size, sha256: hash.digest("hex") };
}
