import { setTimeout as pause } from "node:timers/promises";
import { type BaseLogger } from "pino";

/** What a shutdown acts on, in the order in which it does. */
export interface ShutdownParts {
  readonly lifecycle: { beginDrain(): void; stop(): Promise<void> };
  readonly admission: { drain(milliseconds: number): Promise<void> };
  readonly app: { close(): Promise<unknown>; readonly server: { closeAllConnections(): void } };
  readonly logger: Pick<BaseLogger, "info" | "warn">;
  readonly drainSeconds: number;
  /** Resolves at the second signal: running answers then end at once. */
  readonly hastened: Promise<void>;
}

/** For the last bytes of answers to leave. */
const CLOSE_SECONDS = 5;
/** For the engine to end a prompt chunk and a download to save its state. */
const STOP_SECONDS = 10;

/**
 * The ordered shutdown: `/ready` says 503, running answers finish or end with an error, connections close, the download is
 * saved, the model is freed. Every step has a time limit, so that the kubelet need not send SIGKILL.
 */
export async function shutDown(parts: ShutdownParts): Promise<void> {
  const { lifecycle, admission, app, logger, drainSeconds, hastened } = parts;
  lifecycle.beginDrain();
  await Promise.race([admission.drain(drainSeconds * 1_000), hastened.then(() => admission.drain(0))]);
  await within(CLOSE_SECONDS, app.close(), () => {
    logger.warn("connections are still open after the drain: closing them");
    app.server.closeAllConnections();
  });
  await within(STOP_SECONDS, lifecycle.stop(), () =>
    logger.warn("the engine did not stop in time: exiting without it"),
  );
  logger.info("stopped");
}

async function within(seconds: number, work: Promise<unknown>, onLate: () => void): Promise<void> {
  const done = new AbortController();
  const late = pause(seconds * 1_000, undefined, { signal: done.signal }).then(onLate, () => undefined);
  await Promise.race([work, late]);
  done.abort();
}
