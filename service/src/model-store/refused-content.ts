import { rm } from "node:fs/promises";
import { z } from "zod";
import { type PinnedModel } from "../settings.js";
import { type CachePaths } from "./cache-layout.js";
import { writeDurably } from "./durable-file.js";
import { readJson } from "./verified-marker.js";

/** A whole file that was downloaded and had another sha256, as the cache volume remembers it across restarts. */
export interface RefusedContent {
  /** What the source calls this version of the file (ETag or date); null where it does not say. */
  readonly validator: string | null;
  readonly foundSha256: string;
  /** Whole downloads that ended so. */
  readonly downloads: number;
}

const schema = z.object({
  url: z.string(),
  sha256: z.string(),
  validator: z.string().nullable(),
  foundSha256: z.string(),
  downloads: z.int(),
});

/** Undefined when nothing was refused for this URL and sha256: a correction of either makes it another question. */
export async function readRefused(paths: CachePaths, model: PinnedModel): Promise<RefusedContent | undefined> {
  const { success, data } = schema.safeParse(await readJson(paths.refused));
  return success && data.url === model.url && data.sha256 === model.sha256 ? data : undefined;
}

export async function recordRefused(paths: CachePaths, model: PinnedModel, refused: RefusedContent): Promise<void> {
  const { validator, foundSha256, downloads } = refused;
  const { url, sha256 } = model;
  await writeDurably(paths.refused, JSON.stringify({ url, sha256, validator, foundSha256, downloads }));
}

export async function forgetRefused(paths: CachePaths): Promise<void> {
  await rm(paths.refused, { force: true });
}
