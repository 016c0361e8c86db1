import { errorCode, errorMessage } from "../error-facts.js";
import { FatalError } from "../fatal-error.js";

/**
 * A failure that the next try may not meet: network, a busy source, a disk that is full for the moment. Its message is
 * shown on `/ready` while the service waits, so it never contains a credential or the query of a signed URL.
 */
export class RetriableError extends Error {
  /** The source asked for at least this pause (`Retry-After`). */
  readonly retryAfterSeconds: number | undefined;
  constructor(message: string, options?: { readonly cause?: unknown; readonly retryAfterSeconds?: number }) {
    super(message.replace(/\s*\n\s*/g, " "), options);
    this.name = "RetriableError";
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

/** A failure below HTTP: name, route, TLS, reset, silence. All of them may pass. */
export function networkFailure(error: unknown, where: string): RetriableError {
  const code = errorCode(error);
  const detail = errorMessage(error);
  return new RetriableError(`${where} failed: ${code === undefined ? detail : `${code} (${detail})`}.`, {
    cause: error,
  });
}

/**
 * What a failed file operation in the cache means. `ENOSPC` and `EDQUOT` are worth another try, because space can be
 * made; whether the volume could ever hold the model is decided by the free-space check of that next try.
 */
export function cacheFailure(error: unknown, doing: string): Error {
  const code = errorCode(error);
  const detail = errorMessage(error);
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new RetriableError(`Disk full while ${doing} (${code}). What is on disk is kept; free some space.`, {
        cause: error,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOTDIR":
      return new FatalError(
        "cacheUnwritable",
        `The model cache cannot be written while ${doing} (${detail}): the service needs a writable MODEL_CACHE_DIR. ` +
          `Mount it read-write and owned by the user or fsGroup of the service.`,
        { cause: error },
      );
    default:
      return new RetriableError(`The model cache failed while ${doing} (${detail}).`, { cause: error });
  }
}
