import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { parseJson } from "../json.js";
import { type CachePaths } from "./cache-layout.js";
import { writeDurably } from "./durable-file.js";

/**
 * The marker beside a verified model. It holds what a later start compares instead of hashing gigabytes again: any
 * change of the file changes its size or its mtime.
 */
const markerSchema = z.object({ sha256: z.string(), bytes: z.number(), mtimeNs: z.string() });

export interface PinnedFacts {
  readonly bytes: number;
  readonly sha256: string;
}

/** `verified`: complete and unchanged since it was hashed. `unverified`: there, but to be hashed before use. */
export type CachedState = "absent" | "verified" | "unverified";

export async function cachedState(paths: CachePaths, facts: PinnedFacts): Promise<CachedState> {
  const file = await stat(paths.model, { bigint: true }).catch(() => undefined);
  if (!file?.isFile()) return "absent";
  const marker = markerSchema.safeParse(await readJson(paths.marker));
  const matches =
    marker.success &&
    marker.data.sha256 === facts.sha256 &&
    marker.data.bytes === facts.bytes &&
    Number(file.size) === facts.bytes &&
    marker.data.mtimeNs === file.mtimeNs.toString();
  return matches ? "verified" : "unverified";
}

export async function writeMarker(paths: CachePaths, facts: PinnedFacts): Promise<void> {
  const file = await stat(paths.model, { bigint: true });
  await writeDurably(
    paths.marker,
    JSON.stringify({ sha256: facts.sha256, bytes: facts.bytes, mtimeNs: file.mtimeNs.toString() }),
  );
}

/** Undefined when the file is missing or is not JSON: both mean "nothing is known". */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(await readFile(path, "utf8").catch(() => ""));
}
