/** The conditions that a preload of the service makes, and all of them in words. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { type RehearsalOptions } from "../options";

/** Least seconds of a download or a load that `--kill-during` interrupts. */
export const INTERRUPTIBLE_SECONDS = 3;

/** Env that loads the preloads of the conditions into the service; empty for a plain run. */
export function conditionEnv(root: string, options: RehearsalOptions): Record<string, string> {
  const asked = options.planned === undefined ? options.loadSeconds : options.planned.loadSeconds / options.speedup;
  const holdSeconds = options.killDuring === "load" ? Math.max(asked, INTERRUPTIBLE_SECONDS) : asked;
  const preload = (name: string) => `--import ${pathToFileURL(join(root, "rehearsal", "conditions", name)).href}`;
  const preloads = [
    ...(holdSeconds > 0 || options.slowDiskMibps !== undefined ? [preload("hold-load.mjs")] : []),
    ...(options.slowDiskMibps === undefined ? [] : [preload("slow-disk.mjs")]),
  ];
  if (preloads.length === 0) return {};
  return {
    NODE_OPTIONS: preloads.join(" "),
    REHEARSAL_HOLD_LOAD_SECONDS: String(holdSeconds),
    ...(options.slowDiskMibps === undefined ? {} : { REHEARSAL_DISK_MIBPS: String(options.slowDiskMibps) }),
  };
}

export function describeConditions(options: RehearsalOptions): string[] {
  const { slowDiskMibps, slowNetworkMibps, loadSeconds, killDuring, planned, speedup } = options;
  return [
    ...(planned === undefined
      ? []
      : [
          `Held: the download for ${planned.downloadSeconds} s and the load for ${planned.loadSeconds} s, the worst start ` +
            `planned for ${planned.model}.`,
          "Real: the service, its probes, questions, answers and drain. The model is a stand-in with random weights.",
        ]),
    ...(slowDiskMibps === undefined ? [] : [`Disk at ${slowDiskMibps} MiB/s.`]),
    ...(slowNetworkMibps === undefined ? [] : [`Download at ${slowNetworkMibps} MiB/s.`]),
    ...(loadSeconds > 0 ? [`The load is held for ${loadSeconds} s.`] : []),
    ...(killDuring === undefined ? [] : [`SIGKILL once during ${killDuring}.`]),
    ...(speedup === 1
      ? []
      : [
          `Probe periods, delays and back-off are divided by ${speedup}${planned === undefined ? "" : ", and so is what is held"}; ` +
            `time-outs${planned === undefined ? " and loads" : ""} are not.`,
        ]),
  ];
}
