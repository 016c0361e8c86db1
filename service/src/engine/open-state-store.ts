import { CONTAINER_PATHS, STATE_CACHE_SHARE } from "../contract.js";
import { errorMessage } from "../error-facts.js";
import { keyValueBytesPerToken, type ModelMemoryFacts } from "../memory-need.js";
import { type NativeContext } from "./binding-internals.js";
import { type EngineLogger } from "./engine.js";
import { ramFolder, removeVolumeFolders, SequenceFiles, volumeFolder } from "./state-files.js";
import { StateStore } from "./state-store.js";

export interface StateCacheOptions {
  /** Most bytes; 0 remembers nothing but what is in the slots. */
  readonly bytes: number;
  /** Folder on a volume. Where conversations are not kept there, what an earlier process kept is removed. */
  readonly folder?: string | undefined;
  /** They are kept there: they survive a restart, and patients' words are on a disk. @default in memory */
  readonly onVolume?: boolean;
}

/** Position and sequence of a token beside its keys and values. */
const BYTES_BESIDE = 64;

/**
 * Opens the store of conversations. A machine without a RAM disk, or with a smaller one, is no reason not to answer.
 *
 * @returns undefined where there is no room for one
 */
export async function openStateStore(
  { bytes, folder: parent, onVolume = false }: StateCacheOptions,
  { modelPath, model }: { readonly modelPath: string; readonly model: ModelMemoryFacts },
  native: NativeContext,
  logger: EngineLogger,
): Promise<StateStore | undefined> {
  const volume = onVolume && bytes > 0 ? parent : undefined;
  if (volume === undefined) await removeFormer(parent, logger);
  if (bytes === 0) return undefined;
  const place = volume ?? CONTAINER_PATHS.sharedMemory;
  try {
    const folder = volume === undefined ? await ramFolder() : await volumeFolder(volume, modelPath);
    const mostBytes = Math.min(bytes, Math.floor(folder.freeBytes * STATE_CACHE_SHARE));
    if (mostBytes < bytes)
      logger.warn({ place, wantedBytes: bytes, mostBytes }, "less room for conversations than set");
    const store = new StateStore({
      mostBytes,
      bytesPerToken: keyValueBytesPerToken(model) + BYTES_BESIDE,
      files: new SequenceFiles(native, folder.path),
      logger,
      found: folder.found,
      outlivesProcess: volume !== undefined,
    });
    await store.trim();
    return store;
  } catch (error) {
    const reason = errorMessage(error);
    logger.warn({ place, reason }, "no place for conversations: each is forgotten when its slot is taken over");
    return undefined;
  }
}

async function removeFormer(folder: string | undefined, logger: EngineLogger): Promise<void> {
  try {
    if (folder !== undefined && (await removeVolumeFolders(folder)))
      logger.info({ folder }, "conversations on the volume are removed: they are no longer kept there");
  } catch (error) {
    logger.warn(
      { folder, reason: errorMessage(error) },
      "conversations are still on the volume: remove the folder by hand",
    );
  }
}
