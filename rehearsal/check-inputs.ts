/** Checks names, files and folders of the command line before anything is synthesized, built or run. */
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { isPath } from "./local-model";
import { type RehearsalOptions, UsageError } from "./options";
import { pictureFiles } from "./story/pictures";
import { stackFile } from "./synthesize";

/** @throws {UsageError} for an environment, a model, a folder or a picture that cannot be */
export function checkInputs(
  options: Pick<RehearsalOptions, "synthesized" | "environment" | "model" | "svg" | "story">,
  root: string,
): void {
  if (options.synthesized === undefined) checkEnvironment(root, options.environment);
  else checkSynthesized(options.synthesized, options.environment);
  if (options.model !== undefined) checkModel(options.model);
  if (options.svg !== undefined) {
    for (const file of options.story ? Object.values(pictureFiles(options.svg)) : [options.svg]) checkPicture(file);
  }
}

/** The environments are the files of their folder; what is in them only the synth can tell. */
function checkEnvironment(root: string, name: string): void {
  const known = readdirSync(join(root, "config", "environments"))
    .filter((file) => file.endsWith(".ts") && file !== "index.ts")
    .map((file) => file.slice(0, -".ts".length))
    .sort();
  if (known.includes(name)) return;
  throw new UsageError(`The environment (--env or CAREPATH_ENV) is "${name}". It must be one of ${known.join(", ")}.`);
}

function checkSynthesized(folder: string, environment: string): void {
  const fix = "Give --synthesized the output folder of an earlier synth, e.g. cdktf.out.";
  if (!isFolder(folder)) throw new UsageError(`--synthesized is "${folder}", and there is no such folder. ${fix}`);
  if (!isFolder(join(folder, "stacks")))
    throw new UsageError(`--synthesized is "${folder}", which has no folder "stacks": no synth wrote it. ${fix}`);
  if (statSync(stackFile(folder, environment), { throwIfNoEntry: false }) !== undefined) return;
  throw new UsageError(
    `--synthesized is "${folder}", which has no chat stack of environment ${environment} ` +
      `(${readdirSync(join(folder, "stacks")).sort().join(", ") || "no stack at all"}). Choose its environment by --env.`,
  );
}

/** An id of the catalogue is left to the synth, which knows the catalogue. */
function checkModel(model: string): void {
  const why = isPath(model) ? unreadable(model) : undefined;
  if (why === undefined) return;
  throw new UsageError(
    `--model is "${model}", which ${why}. Give --model a readable GGUF file or an id of the catalogue.`,
  );
}

function unreadable(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return "does not exist";
  if (!stats.isFile()) return "is not a file";
  return permits(file, constants.R_OK) ? undefined : "this user may not read";
}

function checkPicture(file: string): void {
  const folder = dirname(resolve(file));
  const refuse = (why: string) => {
    throw new UsageError(`--svg cannot write "${file}": ${why}. Give --svg a file in a folder that can be written to.`);
  };
  if (!isFolder(folder)) refuse(`there is no folder ${folder}`);
  if (isFolder(file)) refuse("it is a folder");
  const exists = statSync(file, { throwIfNoEntry: false }) !== undefined;
  if (!permits(exists ? file : folder, constants.W_OK)) refuse(`this user may not write ${exists ? "it" : folder}`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function permits(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
