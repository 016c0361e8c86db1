import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

/**
 * Small enough that hashing one piece holds the event loop for about a millisecond even without SHA instructions, and
 * large enough that the round trip of the read does not dominate.
 */
const PIECE_BYTES = 256 * 1024;

export interface HashHooks {
  readonly signal: AbortSignal;
  readonly onProgress?: (hashedBytes: number) => void;
}

/** The sha256 of a file, read from the disk and not from what was meant to be written there. */
export async function sha256File(path: string, { signal, onProgress }: HashHooks): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  const handle = await open(path, "r");
  try {
    for (let position = 0; ;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, position);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
      position += bytesRead;
      onProgress?.(position);
    }
  } finally {
    await handle.close();
  }
}
