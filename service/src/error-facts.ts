/** What can be said of whatever was thrown. By shape and not by class: under jest, errors of Node itself belong to another realm. */

/** The system's code of an error (`ENOSPC`, `ECONNRESET`, `UND_ERR_BODY_TIMEOUT`), looked for in its causes as well. */
export function errorCode(error: unknown): string | undefined {
  for (let cause = error, depth = 0; typeof cause === "object" && cause !== null && depth < 5; depth++) {
    if ("code" in cause && typeof cause.code === "string") return cause.code;
    cause = "cause" in cause ? cause.cause : undefined;
  }
  return undefined;
}

export function errorMessage(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
}
