import { access, constants, rm, stat } from "node:fs/promises";
import { type BaseLogger } from "pino";
import { errorCode, errorMessage } from "../error-facts.js";
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
import { forgetRefused, readRefused, recordRefused, type RefusedContent } from "./refused-content.js";
import { sha256File } from "./sha256-file.js";
import { cacheFailure, RetriableError } from "./store-errors.js";

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

/** Whole downloads of one version that may have a wrong sha256: the first, and one more. */
const MOST_REFUSED_DOWNLOADS = 2;

/**
 * Brings the pinned model to a path that llama.cpp can open. It returns a path only for a file whose sha256 was verified,
 * now or earlier (its marker says so). `acquire` is one try: it throws RetriableError for a failure that a later call may
 * cure, and the caller decides when to call again. What is on disk is kept between tries and between processes.
 */
export class ModelStore {
  readonly #paths: CachePaths;
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
    const { url, tokenFile } = model;
    const source = new HttpSource({ url, tokenFile, proxies, ...(timeouts && { timeouts }) });
    const partial = await PartialFile.open(this.#paths, model, model.url);
    const onProgress = (bytes: number): void => hooks.onProgress(bytes, model.bytes);
    try {
      onProgress(partial.bytesOnDisk);
      const { signal, onReceived } = hooks;
      const refused = await readRefused(this.#paths, model);
      if (refused !== undefined && refused.downloads >= MOST_REFUSED_DOWNLOADS) {
        if ((await source.validator(signal)) === refused.validator) throw this.#stillRefused(refused);
      }
      await download({ source, partial, facts: model, signal, onProgress, onReceived, ...(tuning && { tuning }) });
      const sha256 = await this.#verify(this.#paths.partial, hooks);
      if (sha256 !== model.sha256) {
        const error = await this.#refuse(sha256, partial.validator, refused);
        await partial.reset(null);
        throw error;
      }
      await partial.publish();
      await writeMarker(this.#paths, model);
      await forgetRefused(this.#paths);
      await syncDirectory(this.#paths.directory);
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

  /** Remembered on the volume, so that a restart does not download the same gigabytes again. */
  async #refuse(foundSha256: string, validator: string | null, before: RefusedContent | undefined): Promise<Error> {
    // Hosts of one mirror may each name a version in their own way: the same bytes are the same file, too.
    const again = before?.validator === validator || before?.foundSha256 === foundSha256;
    const downloads = (again ? before.downloads : 0) + 1;
    const refused = { validator, foundSha256, downloads };
    await recordRefused(this.#paths, this.#options.model, refused);
    if (downloads >= MOST_REFUSED_DOWNLOADS) return this.#stillRefused(refused);
    const { sha256 } = this.#options.model;
    return new RetriableError(
      `The downloaded file has sha256 ${foundSha256}, and MODEL_SHA256 says ${sha256}. It was deleted and is downloaded once more.`,
    );
  }

  #stillRefused({ foundSha256, downloads }: RefusedContent): FatalError {
    return new FatalError(
      "checksumMismatch",
      `The file at the source has sha256 ${foundSha256} (downloaded ${downloads} times), and MODEL_SHA256 says ` +
        `${this.#options.model.sha256}: the pinned facts or the source are wrong. Correct MODEL_URL, MODEL_BYTES and ` +
        `MODEL_SHA256 together, or the mirror in MODEL_BASE_URL. To download the same file again, remove ${this.#paths.refused}.`,
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
