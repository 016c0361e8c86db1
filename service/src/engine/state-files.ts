/**
 * Files with the states of sequences, as llama.cpp writes them: on a RAM disk, or on the model volume where a setting
 * says so. They hold what patients wrote, in a form that a model can read back: only this user may open them.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, statfs, utimes } from "node:fs/promises";
import { join } from "node:path";

import { CONTAINER_PATHS } from "../contract.js";
import { type NativeContext, TESTED_VERSION } from "./binding-internals.js";
import { type StateFiles, type StoredState } from "./state-store.js";
import { type Sequence } from "./step.js";

const PREFIX = "carepath-states-";
const SUFFIX = ".state";
/** `ggsq` as llama.cpp writes it, its version, and the number of tokens, which follow. */
const MAGIC = 0x67677371;
const HEADER_BYTES = 12;
/** Of both ends of the model file, for its fingerprint. */
const FINGERPRINT_BYTES = 2 ** 20;
const FINGERPRINT = /^[0-9a-f]{16}$/;

export interface StateFolder {
  readonly path: string;
  /** Bytes that it has room for. */
  readonly freeBytes: number;
  /** What an earlier process has left here for this model, least recently used first. */
  readonly found: readonly StoredState[];
}

/**
 * A folder of this process on the RAM disk. Folders of processes that are gone are removed.
 *
 * @throws Error where there is no RAM disk that can be written
 */
export async function ramFolder(disk: string = CONTAINER_PATHS.sharedMemory): Promise<StateFolder> {
  for (const name of await readdir(disk)) {
    const owner = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : NaN;
    if (owner === process.pid || (owner > 0 && !isRunning(owner))) await rm(join(disk, name), { recursive: true });
  }
  const path = join(disk, `${PREFIX}${process.pid}`);
  await mkdir(path, { mode: 0o700 });
  return { path, freeBytes: await freeBytes(disk), found: [] };
}

/** A folder on a volume that outlives the process. What belongs to another model or build is removed. */
export async function volumeFolder(parent: string, modelPath: string): Promise<StateFolder> {
  const fingerprint = await fingerprintOf(modelPath);
  await mkdir(join(parent, fingerprint), { recursive: true, mode: 0o700 });
  for (const name of await readdir(parent)) {
    if (name !== fingerprint) await rm(join(parent, name), { recursive: true });
  }
  const path = join(parent, fingerprint);
  const found: (StoredState & { readonly usedAt: number })[] = [];
  for (const name of await readdir(path)) {
    const file = join(path, name);
    const tokens = name.endsWith(SUFFIX) ? await readTokens(file) : undefined;
    const { size, mtimeMs } = await stat(file);
    if (tokens) found.push({ file, tokens, bytes: size, usedAt: mtimeMs });
    else await rm(file, { recursive: true });
  }
  found.sort((a, b) => a.usedAt - b.usedAt);
  const kept = found.reduce((sum, { bytes }) => sum + bytes, 0);
  return { path, freeBytes: (await freeBytes(path)) + kept, found };
}

/**
 * Removes what `volumeFolder` has made in `parent`, for every model; anything else in it stays.
 *
 * @returns whether there was something
 */
export async function removeVolumeFolders(parent: string): Promise<boolean> {
  if (!existsSync(parent)) return false;
  const names = (await readdir(parent)).filter((name) => FINGERPRINT.test(name));
  for (const name of names) await rm(join(parent, name), { recursive: true });
  return names.length > 0;
}

/** The files of one folder. */
export class SequenceFiles implements StateFiles {
  readonly #native: Pick<NativeContext, "save" | "load">;
  readonly #folder: string;
  #count = 0;

  constructor(native: Pick<NativeContext, "save" | "load">, folder: string) {
    this.#native = native;
    this.#folder = folder;
  }

  async save({ id, tokens }: Sequence): Promise<StoredState> {
    const file = join(this.#folder, `${Date.now()}-${++this.#count}${SUFFIX}`);
    const partial = `${file}.partial`;
    try {
      // llama.cpp opens what is there and keeps its mode.
      await (await open(partial, "wx", 0o600)).close();
      const bytes = await this.#native.save(id, tokens, partial);
      await rename(partial, file);
      return { file, tokens: [...tokens], bytes };
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  load(file: string, sequence: number): Promise<readonly number[]> {
    return this.#native.load(sequence, file);
  }

  async touch(file: string): Promise<void> {
    const now = new Date();
    await utimes(file, now, now);
  }

  async remove(file: string): Promise<void> {
    await rm(file, { force: true });
  }

  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** @returns undefined for a file that is no state */
async function readTokens(path: string): Promise<number[] | undefined> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(HEADER_BYTES);
    await file.read(head, 0, HEADER_BYTES, 0);
    const { size } = await file.stat();
    const count = head.readUInt32LE(8);
    if (head.readUInt32LE(0) !== MAGIC || HEADER_BYTES + count * 4 >= size) return undefined;
    const tokens = Buffer.alloc(count * 4);
    await file.read(tokens, 0, tokens.length, HEADER_BYTES);
    return Array.from({ length: count }, (_, index) => tokens.readInt32LE(index * 4));
  } finally {
    await file.close();
  }
}

/** Changes with the model and with the version of the binding, whose states others may not be able to read. */
async function fingerprintOf(modelPath: string): Promise<string> {
  const file = await open(modelPath);
  try {
    const { size } = await file.stat();
    const hash = createHash("sha256").update(`${TESTED_VERSION} ${size} `);
    for (const position of [0, Math.max(0, size - FINGERPRINT_BYTES)]) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(FINGERPRINT_BYTES), 0, FINGERPRINT_BYTES, position);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest("hex").slice(0, 16);
  } finally {
    await file.close();
  }
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
