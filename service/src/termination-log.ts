import { closeSync, constants, openSync, writeSync } from "node:fs";
import { type TerminationLogSetting } from "./settings.js";

/** The kubelet shows no more than this of the file (https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/). */
const MAX_BYTES = 4096;

/**
 * Leaves the reason of a fatal exit where `kubectl describe pod` shows it. Synchronous, because the process ends next.
 * The default path exists only where a kubelet made it; elsewhere nothing is written. Never throws: it is called while
 * another failure is being reported.
 */
export function writeTerminationLog({ path, create }: TerminationLogSetting, message: string): void {
  try {
    const file = openSync(path, constants.O_WRONLY | constants.O_TRUNC | (create ? constants.O_CREAT : 0), 0o644);
    try {
      writeSync(file, Buffer.from(`${message}\n`).subarray(0, MAX_BYTES));
    } finally {
      closeSync(file);
    }
  } catch {
    // The same line is in the log.
  }
}
