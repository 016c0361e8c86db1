import { MIB } from "../byte-units";

/** What the cache volume must hold at its fullest, in bytes. */
export interface CacheNeed {
  readonly modelBytes: number;
  /** The next model's partial download: the old file stays until the new one is verified. */
  readonly partialBytes: number;
  /** Conversations that the service keeps there. */
  readonly stateBytes: number;
  /** Lock, markers, file system structures and reserved blocks. */
  readonly headroomBytes: number;
  readonly totalBytes: number;
}

/** ext4 keeps 5 % of its blocks for root and some more for its tables. */
const FILE_SYSTEM_SHARE = 0.07;

/** Lock, markers and a little air. */
const FIXED_BYTES = 64 * MIB;

/** Room for a model of `bytes`, one more of the same size on its way in, and the conversations that are kept there. */
export function cacheNeed(bytes: number, stateBytes = 0): CacheNeed {
  const partialBytes = bytes;
  const contentBytes = bytes + partialBytes + stateBytes;
  const totalBytes = Math.ceil((contentBytes + FIXED_BYTES) / (1 - FILE_SYSTEM_SHARE));
  return { modelBytes: bytes, partialBytes, stateBytes, headroomBytes: totalBytes - contentBytes, totalBytes };
}
