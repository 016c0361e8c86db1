/**
 * Preload (`node --import`): holds the load phase for REHEARSAL_HOLD_LOAD_SECONDS, and as much longer as a disk of
 * REHEARSAL_DISK_MIBPS would take to read the file, because llama.cpp reads it in native code. The event loop stays
 * free, as it does while llama.cpp loads. The service itself knows nothing of it.
 */
import { stat } from "node:fs/promises";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

import { Llama } from "node-llama-cpp";

// The library tries its binary in a child process, which must not be held up by this file.
delete process.env.NODE_OPTIONS;

const holdSeconds = Number(process.env.REHEARSAL_HOLD_LOAD_SECONDS ?? 0);
const diskMibps = Number(process.env.REHEARSAL_DISK_MIBPS ?? Infinity);
const loadModel = Llama.prototype.loadModel;

Llama.prototype.loadModel = async function (options, ...rest) {
  const { size } = await stat(options.modelPath);
  await sleep((holdSeconds + size / (diskMibps * 1024 * 1024)) * 1000, undefined, { signal: options.loadSignal });
  return loadModel.call(this, options, ...rest);
};
