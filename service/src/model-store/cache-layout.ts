import { basename, join } from "node:path";
import { type PinnedModel } from "../settings.js";

/**
 * Names in the cache directory. A model's name starts with what a person would look for and ends with the start of its
 * sha256, so two revisions of one file have different names:
 *
 * - `<name>-<sha>.gguf`: a complete, verified model
 * - `<name>-<sha>.gguf.verified`: the marker that says when and as what it was verified
 * - `<name>-<sha>.gguf.partial` and `.partial.json`: a download under way and what is known about it
 * - `<name>-<sha>.gguf.refused`: what a whole download turned out to be instead
 * - `.lock`: never removed, because a lock on a removed file protects nothing
 */
export interface CachePaths {
  readonly directory: string;
  readonly model: string;
  readonly marker: string;
  readonly partial: string;
  readonly partialState: string;
  readonly refused: string;
  readonly lock: string;
}

export function cachePaths(model: PinnedModel): CachePaths {
  const file = basename(new URL(model.url).pathname).replace(/\.gguf$/i, "");
  const name =
    file
      .replace(/[^A-Za-z0-9._-]/g, "_")
      .replace(/^\.+/, "")
      .slice(0, 150) || "model";
  const path = join(model.cacheDir, `${name}-${model.sha256.slice(0, 16)}.gguf`);
  return {
    directory: model.cacheDir,
    model: path,
    marker: `${path}.verified`,
    partial: `${path}.partial`,
    partialState: `${path}.partial.json`,
    refused: `${path}.refused`,
    lock: join(model.cacheDir, ".lock"),
  };
}

/** Names that this store gives; nothing else in the directory is ever touched. */
export function isStoreFile(name: string): boolean {
  return /-[0-9a-f]{16}\.gguf(\.verified|\.refused|\.partial|\.partial\.json)?(\.tmp)?$/.test(name);
}
