import { stat, statfs } from "node:fs/promises";
import { FatalError } from "../fatal-error.js";
import { type CachePaths } from "./cache-layout.js";
import { RetriableError } from "./store-errors.js";

/** Room for the state file, the marker and the file system's own blocks. */
const MARGIN_BYTES = 4 * 1024 * 1024;

/** What the check needs to know of a volume, in bytes that an unprivileged process may use. */
export interface VolumeSpace {
  readonly availableBytes: number;
  /** What would be available on the same volume if it were empty. */
  readonly capacityBytes: number;
}

/**
 * Refuses to start a download that cannot end: fatal when even the empty volume is too small, retriable when something
 * else takes the space. Blocks that an earlier try has already written count as available to this one.
 *
 * @throws {FatalError} `cacheTooSmall`
 * @throws {RetriableError} when the space is taken by something else
 */
export async function checkFreeSpace(paths: CachePaths, modelBytes: number): Promise<void> {
  const [space, writtenBytes] = await Promise.all([volumeSpace(paths.directory), allocatedBytes(paths.partial)]);
  const neededBytes = modelBytes + MARGIN_BYTES;
  if (space.capacityBytes < neededBytes) {
    throw new FatalError(
      "cacheTooSmall",
      `The volume of MODEL_CACHE_DIR (${paths.directory}) holds ${inMiB(space.capacityBytes)} MiB when empty, and the model ` +
        `needs ${inMiB(neededBytes)} MiB. Use a larger volume or a smaller model.`,
    );
  }
  if (space.availableBytes + writtenBytes < neededBytes) {
    const missing = neededBytes - space.availableBytes - writtenBytes;
    throw new RetriableError(
      `Disk full: the download needs another ${inMiB(neededBytes - writtenBytes)} MiB in ${paths.directory}, and ` +
        `${inMiB(space.availableBytes)} MiB are available. Free ${inMiB(missing)} MiB there; CACHE_PRUNE=true removes models that are no longer named.`,
    );
  }
}

async function volumeSpace(directory: string): Promise<VolumeSpace> {
  const volume = await statfs(directory);
  return {
    availableBytes: volume.bavail * volume.bsize,
    // Blocks reserved for root (bfree - bavail) are not ours on an empty volume either.
    capacityBytes: (volume.blocks - (volume.bfree - volume.bavail)) * volume.bsize,
  };
}

/** Allocated, not apparent, size: a partial file has holes. */
async function allocatedBytes(path: string): Promise<number> {
  return await stat(path).then(
    (file) => file.blocks * 512,
    () => 0,
  );
}

function inMiB(bytes: number): number {
  return Math.ceil(bytes / (1024 * 1024));
}
