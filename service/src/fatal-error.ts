import { EXIT_CODES } from "./contract.js";

/** Names of the failures that end the process. */
export type FatalReason = Exclude<keyof typeof EXIT_CODES, "ok">;

/**
 * A failure that retrying inside the process cannot cure. `server.ts` logs it, writes its message to the termination
 * log and exits with `exitCode`. The message is one line: subject, actual value, rule, fix.
 */
export class FatalError extends Error {
  readonly exitCode: number;
  constructor(
    readonly reason: FatalReason,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message.replace(/\s*\n\s*/g, " "), options);
    this.name = "FatalError";
    this.exitCode = EXIT_CODES[reason];
  }
}
