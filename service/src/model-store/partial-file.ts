import { open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { z } from "zod";
import { ByteRanges, type ByteRange } from "./byte-ranges.js";
import { type CachePaths } from "./cache-layout.js";
import { readJson, type PinnedFacts } from "./verified-marker.js";
import { syncDirectory, writeDurably } from "./durable-file.js";

const stateSchema = z.object({
  sha256: z.string(),
  bytes: z.number(),
  url: z.string(),
  validator: z.string().nullable(),
  ranges: z.array(z.object({ start: z.number().int().nonnegative(), end: z.number().int().nonnegative() })),
});

/**
 * A download under way: the data file, with holes, and a state file that says which bytes of it are there and which
 * version of the source they come from. The state never claims a byte that is not on disk: data is synced before the
 * state that names it is written. A crash therefore costs what was written since the last checkpoint, and that is bounded:
 * writers wait for a checkpoint under way once another one is due.
 */
export class PartialFile {
  /** The ETag or date of the version that the bytes belong to; null while it is unknown. */
  validator: string | null;
  readonly #written: ByteRanges;
  /** What the last checkpoint covers, one under way included. */
  #bytesCovered: number;
  #checkpointing: Promise<void> | undefined;
  /** When the last checkpoint began, in milliseconds. */
  #savedAt = performance.now();
  readonly #paths: CachePaths;
  readonly #facts: PinnedFacts;
  readonly #url: string;
  readonly #handle: FileHandle;

  private constructor(
    paths: CachePaths,
    facts: PinnedFacts,
    url: string,
    handle: FileHandle,
    ranges: readonly ByteRange[],
    validator: string | null,
  ) {
    this.#paths = paths;
    this.#facts = facts;
    this.#url = url;
    this.#handle = handle;
    this.#written = new ByteRanges(ranges);
    this.#bytesCovered = this.#written.size;
    this.validator = validator;
  }

  /** Opens what an earlier try left, or an empty file when there is nothing or nothing trustworthy. */
  static async open(paths: CachePaths, facts: PinnedFacts, url: string): Promise<PartialFile> {
    const state = stateSchema.safeParse(await readJson(paths.partialState));
    const size = await stat(paths.partial).then(
      (file) => file.size,
      () => 0,
    );
    const usable =
      state.success &&
      state.data.sha256 === facts.sha256 &&
      state.data.bytes === facts.bytes &&
      new ByteRanges(state.data.ranges).end <= Math.min(size, facts.bytes);
    const handle = await open(paths.partial, usable ? "r+" : "w+");
    // A mirror names its versions in its own way; the bytes stay, and the sha256 decides about them.
    const validator = usable && state.data.url === url ? state.data.validator : null;
    return new PartialFile(paths, facts, url, handle, usable ? state.data.ranges : [], validator);
  }

  get bytesOnDisk(): number {
    return this.#written.size;
  }

  missing(pieceBytes?: number): ByteRange[] {
    return this.#written.missing(this.#facts.bytes, pieceBytes);
  }

  async write(chunk: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < chunk.length) {
      const { bytesWritten } = await this.#handle.write(chunk, done, chunk.length - done, position + done);
      this.#written.add({ start: position + done, end: position + done + bytesWritten });
      done += bytesWritten;
    }
  }

  /**
   * Saves what is known so far once `dueBytes` or more are not covered by a checkpoint, or any after `dueSeconds`: a slow
   * source takes minutes for what a fast one sends in a moment. With one writer for each connection, a crash costs at most
   * twice as much and one chunk of each: what was written before a checkpoint that did not complete, and during it.
   */
  async checkpointWhenDue(dueBytes: number, dueSeconds: number): Promise<void> {
    if (performance.now() - this.#savedAt >= dueSeconds * 1_000 && this.#written.size > this.#bytesCovered) {
      if (this.#checkpointing === undefined) await this.checkpoint();
    }
    while (this.#written.size - this.#bytesCovered >= dueBytes) await (this.#checkpointing ?? this.checkpoint());
  }

  async checkpoint(): Promise<void> {
    while (this.#checkpointing !== undefined) await this.#checkpointing.catch(() => undefined);
    this.#checkpointing = this.#save().finally(() => (this.#checkpointing = undefined));
    await this.#checkpointing;
  }

  /** Forgets everything: the source has another version now, or the content was wrong. */
  async reset(validator: string | null): Promise<void> {
    while (this.#checkpointing !== undefined) await this.#checkpointing.catch(() => undefined);
    // No state means no claims, and removing it needs no space on a disk that may be full.
    await rm(this.#paths.partialState, { force: true });
    this.#written.clear();
    this.#bytesCovered = 0;
    this.validator = validator;
    await this.#handle.truncate(0);
  }

  /** Turns the complete file into the model. The name appears at once and whole, or not at all. */
  async publish(): Promise<void> {
    await this.#handle.sync();
    await rename(this.#paths.partial, this.#paths.model);
    await rm(this.#paths.partialState, { force: true });
    await syncDirectory(this.#paths.directory);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #save(): Promise<void> {
    const ranges = this.#written.toArray();
    this.#bytesCovered = this.#written.size;
    this.#savedAt = performance.now();
    await this.#handle.datasync();
    const { sha256, bytes } = this.#facts;
    await writeDurably(
      this.#paths.partialState,
      JSON.stringify({ sha256, bytes, url: this.#url, validator: this.validator, ranges }),
    );
  }
}
