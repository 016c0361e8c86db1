/** A rehearsal that cannot begin or go on: the synth refuses, the port is taken, a probe is missing. Exit code 1. */
export class RehearsalError extends Error {
  readonly exitCode = 1;

  /** One sentence each: subject, actual value, rule, fix. */
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "RehearsalError";
  }
}
