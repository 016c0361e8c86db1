/** The model of a rehearsal: the embedded tiny one or a given file, served on this machine. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";

import { ENV } from "../service/src/contract";
import { INTERRUPTIBLE_SECONDS } from "./conditions/preloads";
import { ModelServer } from "./model-server";
import { runNode } from "./node-tool";
import type { RehearsalOptions } from "./options";
import { RehearsalError } from "./rehearsal-error";

const MIB = 1024 * 1024;

/** Whether `--model` names a file; otherwise it is an id of the catalogue. */
export const isPath = (model: string): boolean => model.includes("/") || model.endsWith(".gguf") || existsSync(model);

export interface LocalModelFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The file to serve; undefined when the workload's own model is to be downloaded from where it says. */
export async function localModel(
  root: string,
  options: RehearsalOptions,
  folder: string,
): Promise<LocalModelFile | undefined> {
  if (options.model !== undefined && !isPath(options.model)) return undefined;
  const path = options.model === undefined ? join(folder, "tiny.gguf") : resolve(options.model);
  if (options.model === undefined) {
    await runNode(
      root,
      ["--import", "tsx", "service/tools/make-model.ts", "--shape", "tiny", "--out", path],
      "the tiny model",
    );
  }
  try {
    return { path, bytes: statSync(path).size, sha256: await sha256(path) };
  } catch (error) {
    throw new RehearsalError(
      `model ${path} cannot be read: ${(error as Error).message}. Give --model a readable GGUF file or an id of the catalogue.`,
      { cause: error },
    );
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: MIB })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

export async function serveModel(
  model: LocalModelFile,
  options: RehearsalOptions,
  override: (name: string, to: string) => void,
  disposals: (() => void | Promise<void>)[],
): Promise<ModelServer> {
  const interruptible = options.killDuring === "download" ? model.bytes / MIB / INTERRUPTIBLE_SECONDS : undefined;
  const mibPerSecond = options.slowNetworkMibps ?? interruptible;
  const server = new ModelServer({ ...model, ...(mibPerSecond === undefined ? {} : { mibPerSecond }) });
  override(ENV.modelUrl, await server.start());
  override(ENV.modelBytes, String(model.bytes));
  override(ENV.modelSha256, model.sha256);
  disposals.push(() => server.stop());
  return server;
}

/**
 * The tiny model gets one thread: llama.cpp's threads wait for each other by spinning, and on a busy machine two of them
 * are far slower than one. Other models get what the workload says, as far as this machine has it.
 */
export function threadsHere(wanted: string | undefined, tiny: boolean): number {
  return tiny ? 1 : Math.min(Number(wanted ?? Infinity), availableParallelism());
}
