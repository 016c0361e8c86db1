import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { ENV } from "../contract.js";
import { errorCode } from "../error-facts.js";
import { FatalError } from "../fatal-error.js";
import { type Logger } from "../logging.js";

/** Least time between two looks at the file. */
const RECHECK_MILLISECONDS = 1000;

export interface ApiKeysOptions {
  /** One key a line; blank lines and lines that start with `#` are skipped. */
  readonly file: string;
  readonly logger: Logger;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number;
}

export type KeyVerdict = "accepted" | "missing" | "rejected";

/**
 * The keys that may ask, kept as hashes and read again when the file changes. A Secret volume swaps a symbolic link, so
 * the inode counts besides time and size. An empty file admits no one, and so does one that can no longer be read:
 * removing the file revokes its keys.
 *
 * It is read synchronously: a Secret is a small file in memory, and libuv's pool is busy with the model.
 */
export class ApiKeys {
  #hashes: readonly Buffer[] = [];
  #fingerprint = "";
  #lookedAt = -Infinity;
  readonly #options: ApiKeysOptions;

  private constructor(options: ApiKeysOptions) {
    this.#options = options;
  }

  /** @throws {FatalError} `invalidSettings` when the file cannot be read at start */
  static open(options: ApiKeysOptions): ApiKeys {
    const keys = new ApiKeys(options);
    try {
      keys.#load(fingerprintOf(options.file));
    } catch (error) {
      throw new FatalError(
        "invalidSettings",
        `${ENV.apiKeysFile} (${options.file}) cannot be read: ${errorCode(error) ?? "unknown error"}. ` +
          `It must be a file with one key a line that the service may read. Mount the Secret, or correct the path.`,
        { cause: error },
      );
    }
    keys.#lookedAt = keys.#now();
    return keys;
  }

  /** @param authorization the `Authorization` header as it came */
  check(authorization: string | undefined): KeyVerdict {
    this.#refresh();
    const key = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    if (key === undefined) return "missing";
    const presented = hash(key);
    // Every key is compared, so that the time says nothing about which one came close.
    let accepted = false;
    for (const known of this.#hashes) accepted = timingSafeEqual(known, presented) || accepted;
    return accepted ? "accepted" : "rejected";
  }

  #now(): number {
    return (this.#options.now ?? (() => performance.now()))();
  }

  #refresh(): void {
    if (this.#now() - this.#lookedAt < RECHECK_MILLISECONDS) return;
    this.#lookedAt = this.#now();
    this.#look();
  }

  #look(): void {
    const { file, logger } = this.#options;
    try {
      const fingerprint = fingerprintOf(file);
      if (fingerprint === this.#fingerprint) return;
      this.#load(fingerprint);
      logger.info({ keys: this.#hashes.length }, "API keys read again");
    } catch (error) {
      if (this.#fingerprint === UNREADABLE) return;
      this.#hashes = [];
      this.#fingerprint = UNREADABLE;
      logger.error(
        { code: errorCode(error) },
        "the file of API keys cannot be read; every request is refused until it can",
      );
    }
  }

  #load(fingerprint: string): void {
    const lines = readFileSync(this.#options.file, "utf8")
      .split(/\r?\n/)
      .map((line) => line.trim());
    this.#hashes = lines.filter((line) => line !== "" && !line.startsWith("#")).map(hash);
    this.#fingerprint = fingerprint;
    if (this.#hashes.length > 0) return;
    this.#options.logger.warn("the file of API keys holds no key; every request is refused");
  }
}

const UNREADABLE = "unreadable";

function hash(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function fingerprintOf(file: string): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}
