/** A cache that was filled by the service itself and then damaged on the disk. */
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { PATHS } from "../../service/src/contract";
import { RehearsalError } from "../rehearsal-error";
import { type ServiceProcess } from "../service-process";

const FILL_SECONDS = 600;
const DAMAGED_BYTES = 64;

/** Runs the service until it is ready and stops it again. */
export async function runUntilReady(service: ServiceProcess, port: number): Promise<void> {
  let exited: string | undefined;
  const exit = new Promise<void>((resolve) => {
    const container = service.start(({ message }) => {
      exited = message;
      resolve();
    });
    void (async () => {
      for (let tries = 0; tries < FILL_SECONDS * 10 && exited === undefined; tries++) {
        const response = await fetch(`http://127.0.0.1:${port}${PATHS.ready}`).catch(() => undefined);
        if (response?.status === 200) break;
        await sleep(100);
      }
      container.signal("SIGTERM");
    })();
  });
  await exit;
  if (exited !== "") throw new RehearsalError(`the cache cannot be filled: ${exited ?? ""}`);
}

/**
 * Inverts bytes in the middle of the largest file below a folder; its size stays.
 *
 * @returns the path of the file
 */
export function damageLargestFile(folder: string): string {
  const [largest] = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, size: statSync(path).size }))
    .sort((a, b) => b.size - a.size);
  if (largest === undefined) throw new RehearsalError(`${folder} holds no file to damage. Fill the cache first.`);
  const file = openSync(largest.path, "r+");
  const position = Math.floor(largest.size / 2);
  const bytes = Buffer.alloc(Math.min(DAMAGED_BYTES, largest.size - position));
  readSync(file, bytes, 0, bytes.length, position);
  writeSync(file, Buffer.from(bytes.map((byte) => byte ^ 0xff)), 0, bytes.length, position);
  closeSync(file);
  return largest.path;
}
