import { pino, type DestinationStream, type Logger } from "pino";
import { errorCode } from "./error-facts.js";
import { type LogLevel } from "./settings.js";

export type { Logger } from "pino";

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where the lines go. @default standard output */
  readonly destination?: DestinationStream;
}

/**
 * JSON lines with an ISO time and a level in words. No line ever holds a prompt, an answer, a key or a patient number:
 * the callers log fields that they name one by one, and what arrives by accident under the names below is cut out.
 *
 * Lines are written synchronously. pino's own default hands each to the thread pool: there it waits behind the model, can
 * land after a later line (a fatal one is written at once), or is lost when the process exits. A request is one line, and
 * a container runtime always reads the pipe.
 */
export function createLogger({ level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: NEVER_LOGGED.flatMap((name) => [name, `*.${name}`]), censor: "[removed]" },
  };
  return pino(options, destination ?? pino.destination({ fd: 1, sync: true }));
}

/** A second line of defence; the first is that no caller hands these to the logger. */
const NEVER_LOGGED = [
  "authorization",
  "messages",
  "content",
  "query",
  "context",
  "prompt",
  "answer",
  "patient_mrn",
  "api_key",
  "headers",
  "body",
];

/**
 * What a log may say of an unexpected error while a request is served: its class, code and stack frames, not its message.
 * A message can quote its input, as that of `JSON.parse` does, and the input may be a patient's question.
 */
export function describeUnexpected(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error_name: typeof error };
  const frames = (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .map((line) => line.trim());
  return { error_name: error.name, error_code: errorCode(error), stack: frames };
}
