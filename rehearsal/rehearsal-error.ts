/** A rehearsal that cannot begin: the input is wrong, not the workload. Exit code 2. */
export class RehearsalError extends Error {
  /** One sentence each: subject, actual value, rule, fix. */
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "RehearsalError";
  }
}
