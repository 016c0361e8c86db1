import { access, constants, rm, stat } from "node:fs/promises";
import { type BaseLogger } from "pino";
import { FatalError } from "../fatal-error.js";
import { type LocalModel, type PinnedModel, type ProxySettings } from "../settings.js";
import { acquireCacheLock } from "./cache-lock.js";
import { cachePaths, type CachePaths } from "./cache-layout.js";
import { cachedState, writeMarker } from "./verified-marker.js";
import { download, type DownloadTuning } from "./download.js";
import { syncDirectory } from "./durable-file.js";
import { checkFreeSpace } from "./free-space.js";
import { type SourceTimeouts } from "./http-source.js";
import { findObsoleteFiles, removeObsoleteFiles } from "./obsolete-files.js";
import { PartialFile } from "./partial-file.js";
import { sha256File } from "./sha256-file.js";
import {
  cacheFailure,
  errorCode,
  errorMessage,
  RetriableError,
  WrongContentError,
  WrongSizeError,
} from "./store-errors.js";

export interface ModelStoreOptions {
  readonly model: PinnedModel;
  readonly proxies: ProxySettings;
  readonly logger: Pick<BaseLogger, "info" | "warn">;
  readonly tuning?: DownloadTuning;
  readonly timeouts?: SourceTimeouts;
}

export interface AcquireHooks {
  readonly signal: AbortSignal;
  /** `locking` is told only when another process holds the lock; `note` says which. */
  readonly onPhase: (phase: "locking" | "downloading" | "verifying", note?: string) => void;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  /** Bytes that came over the network just now. */
  readonly onReceived?: (bytes: number) => void;
}

export interface AcquiredModel {
  readonly path: string;
  /** True when the file was complete before this process came; null for a local file. */
  readonly cacheHit: boolean | null;
}

/** Clean downloads that may turn out to be something else than the pinned file: the first, and one more. */
const MAX_WRONG_CONTENTS = 2;

/**
 * Brings the pinned model to a path that llama.cpp can open. It returns a path only for a file whose sha256 was verified,
 * now or earlier (its marker says so). `acquire` is one try: it throws RetriableError for a failure that a later call may
 * cure, and the caller decides when to call again. What is on disk is kept between tries and between processes.
 */
export class ModelStore {
  readonly #paths: CachePaths;
  #wrongContents = 0;
  readonly #options: ModelStoreOptions;

  constructor(options: ModelStoreOptions) {
    this.#options = options;
    this.#paths = cachePaths(options.model);
  }

  /** @throws {RetriableError | FatalError} or the signal's reason */
  async acquire(hooks: AcquireHooks): Promise<AcquiredModel> {
    const { model } = this.#options;
    // A complete cache is used as it is: no lock, no network, and the volume may be read-only.
    if (model.verify === "marker" && !model.prune && (await cachedState(this.#paths, model)) === "verified") {
      return { path: this.#paths.model, cacheHit: true };
    }
    const lock = await acquireCacheLock(this.#paths, {
      signal: hooks.signal,
      onWaiting: (owner) => hooks.onPhase("locking", `The cache lock is held by ${owner}.`),
    });
    try {
      // Asked again under the lock: its last holder may have completed the cache.
      const cacheHit = await this.#reuse(hooks);
      if (!cacheHit) await this.#fetch(hooks);
      await this.#handleObsoleteFiles();
      return { path: this.#paths.model, cacheHit };
    } catch (error) {
      hooks.signal.throwIfAborted();
      throw classified(error);
    } finally {
      await lock.release();
    }
  }

  async #reuse(hooks: AcquireHooks): Promise<boolean> {
    const { model, logger } = this.#options;
    const state = await cachedState(this.#paths, model);
    if (state === "absent") return false;
    if (state === "verified" && model.verify === "marker") return true;
    const { size } = await stat(this.#paths.model);
    const sha256 = size === model.bytes ? await this.#verify(this.#paths.model, hooks) : undefined;
    if (sha256 === model.sha256) {
      await writeMarker(this.#paths, model);
      return true;
    }
    logger.warn(
      { file: this.#paths.model, bytes: size, sha256, expected: { bytes: model.bytes, sha256: model.sha256 } },
      "the cached model is damaged: downloading again",
    );
    await rm(this.#paths.marker, { force: true });
    await rm(this.#paths.model, { force: true });
    return false;
  }

  async #fetch(hooks: AcquireHooks): Promise<void> {
    const { model, proxies, timeouts, tuning } = this.#options;
    hooks.onPhase("downloading");
    await this.#makeRoom();
    // Only now: importing the HTTP client takes longer than a start with a complete cache needs in all.
    const { HttpSource } = await import("./http-source.js");
    const source = new HttpSource({
      url: model.url,
      tokenFile: model.tokenFile,
      proxies,
      ...(timeouts && { timeouts }),
    });
    const partial = await PartialFile.open(this.#paths, model, model.url);
    const onProgress = (bytes: number): void => hooks.onProgress(bytes, model.bytes);
    try {
      onProgress(partial.bytesOnDisk);
      const { signal, onReceived } = hooks;
      await download({ source, partial, facts: model, signal, onProgress, onReceived, ...(tuning && { tuning }) });
      const sha256 = await this.#verify(this.#paths.partial, hooks);
      if (sha256 !== model.sha256) {
        throw new WrongContentError(`The downloaded file has sha256 ${sha256}, and MODEL_SHA256 says ${model.sha256}.`);
      }
      await partial.publish();
      await writeMarker(this.#paths, model);
      await syncDirectory(this.#paths.directory);
    } catch (error) {
      if (!(error instanceof WrongContentError)) throw error;
      if (!(error instanceof WrongSizeError)) await partial.reset(null);
      throw this.#afterWrongContent(error);
    } finally {
      await partial.close();
      await source.close();
    }
  }

  async #verify(path: string, hooks: AcquireHooks): Promise<string> {
    const { bytes } = this.#options.model;
    hooks.onPhase("verifying");
    return await sha256File(path, { signal: hooks.signal, onProgress: (done) => hooks.onProgress(done, bytes) });
  }

  #afterWrongContent(error: WrongContentError): Error {
    this.#wrongContents++;
    if (this.#wrongContents < MAX_WRONG_CONTENTS) {
      const next =
        error instanceof WrongSizeError
          ? "The source is asked once more."
          : "It was deleted and is downloaded once more.";
      return new RetriableError(`${error.message} ${next}`, { cause: error });
    }
    return new FatalError(
      "checksumMismatch",
      `${error.message} That was the second time: the pinned facts or the source are wrong. ` +
        `Correct MODEL_URL, MODEL_BYTES and MODEL_SHA256 together, or the mirror in MODEL_BASE_URL.`,
      { cause: error },
    );
  }

  /** Room is made only when it is needed: until the new model is there, the old one is what a rollback would use. */
  async #makeRoom(): Promise<void> {
    const { model } = this.#options;
    try {
      await checkFreeSpace(this.#paths, model.bytes);
    } catch (error) {
      if (!(error instanceof RetriableError) || !model.prune) throw error;
      await this.#handleObsoleteFiles();
      await checkFreeSpace(this.#paths, model.bytes);
    }
  }

  async #handleObsoleteFiles(): Promise<void> {
    const { model, logger } = this.#options;
    const leftovers = await findObsoleteFiles(this.#paths);
    if (leftovers.length === 0) return;
    if (model.prune) {
      await removeObsoleteFiles(this.#paths, leftovers);
      logger.info({ leftovers }, "removed files from the cache that this model does not need");
    } else {
      logger.warn({ leftovers }, "the cache holds files that this model does not need; CACHE_PRUNE=true removes them");
    }
  }
}

/** `MODEL_PATH`: nothing to fetch and nothing to compare with, only to see that it can be read. */
export async function acquireLocalModel({ path }: LocalModel): Promise<AcquiredModel> {
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw new FatalError(
      "modelUnavailable",
      `MODEL_PATH (${path}) cannot be read (${errorCode(error) ?? "unknown"}): it must name a GGUF file. Correct the path or its permissions.`,
      { cause: error },
    );
  });
  return { path, cacheHit: null };
}

/** What is neither ours nor a network failure came from the file system. */
function classified(error: unknown): Error {
  if (error instanceof RetriableError || error instanceof FatalError) return error;
  if (errorCode(error) !== undefined) return cacheFailure(error, "preparing the model");
  return error instanceof Error ? error : new Error(errorMessage(error), { cause: error });
}
