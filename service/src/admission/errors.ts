/** Why a request was not admitted, or was ended before its answer was complete. */
export type RefusalReason = "queue_full" | "draining" | "deadline" | "client_gone" | "slow_reader";

/** A request that admission turned away or ended. The message is for the client. */
export class RefusedError extends Error {
  constructor(
    readonly reason: RefusalReason,
    message: string,
    /** When another try is likely to be admitted. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
    this.name = "RefusedError";
  }
}

export function clientGone(): RefusedError {
  return new RefusedError("client_gone", "The client closed the connection.");
}
