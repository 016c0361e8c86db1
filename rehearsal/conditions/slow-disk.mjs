/**
 * Preload (`node --import`): lets file reads and writes of the JavaScript side through at REHEARSAL_DISK_MIBPS, all
 * together. What llama.cpp reads in native code is added to the load phase by `hold-load.mjs`.
 */
import { open } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const bytesPerMs = (Number(process.env.REHEARSAL_DISK_MIBPS) * 1024 * 1024) / 1000;
let freeAt = 0;

/** Queues for the one disk; an operation is over when its bytes would have passed. */
async function pass(bytes) {
  const now = performance.now();
  freeAt = Math.max(freeAt, now) + bytes / bytesPerMs;
  await sleep(freeAt - now);
}

const handle = await open(fileURLToPath(import.meta.url), "r");
const prototype = Object.getPrototypeOf(handle);
await handle.close();

for (const [method, bytesOf] of [
  ["read", (result) => result.bytesRead],
  ["readv", (result) => result.bytesRead],
  ["write", (result) => result.bytesWritten],
  ["writev", (result) => result.bytesWritten],
]) {
  const original = prototype[method];
  prototype[method] = async function (...args) {
    const result = await original.apply(this, args);
    await pass(bytesOf(result));
    return result;
  };
}
