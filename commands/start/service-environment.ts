import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { CATALOGUE_IDS, catalogueModel, type ModelFile, START_MODEL_ID } from "../../planning/catalogue/models";
import { DEFAULTS, ENV, EXIT_CODES } from "../../service/src/contract";

/** The same choice for an environment in `config/overrides.ts`: who tries a model here and deploys it sets one variable. */
const DEPLOYED_MODEL_ID = "CAREPATH_MODEL_ID";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of a service on a laptop: what the person set, and for the rest a model of the catalogue, loopback
 * only, and a cache folder of the user.
 *
 * @throws {UnknownModelError}
 */
export function serviceEnvironment(env: Environment, userCacheDir = userCache(env)): Record<string, string> {
  const given = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])));
  return {
    [ENV.host]: "127.0.0.1",
    [ENV.threadPoolSize]: String(DEFAULTS.threadPoolSize),
    ...pinned(chosenModel(given)),
    ...(given[ENV.modelPath] === undefined && { [ENV.modelCacheDir]: join(userCacheDir, "carepath", "models") }),
    ...given,
  };
}

/**
 * The model of the catalogue that a start uses: `MODEL_ID`, the `CAREPATH_MODEL_ID` of a deploy, or the one that fits any
 * laptop. Undefined for a file or an address of the person's own.
 *
 * @throws {UnknownModelError}
 */
export function chosenModel(env: Environment): ModelFile | undefined {
  if (env[ENV.modelPath] || env[ENV.modelUrl]) return undefined;
  const variable = !env[ENV.modelId] && env[DEPLOYED_MODEL_ID] ? DEPLOYED_MODEL_ID : ENV.modelId;
  const id = env[variable]?.trim() || START_MODEL_ID;
  const model = catalogueModel(id);
  if (model !== undefined) return model;
  throw new UnknownModelError(
    `${variable} (${id}) is not in the catalogue: it must be one of ${CATALOGUE_IDS.join(", ")}. Choose one of them, or ` +
      `set ${ENV.modelUrl}, ${ENV.modelBytes} and ${ENV.modelSha256}, or ${ENV.modelPath}.`,
  );
}

/** The service ends with the same code for a setting that it refuses. */
export class UnknownModelError extends Error {
  readonly exitCode = EXIT_CODES.invalidSettings;
}

/** Makes the default folder; one that the person named is the service's to judge. */
export function makeCacheDir(env: Environment): void {
  const directory = env[ENV.modelCacheDir];
  if (directory !== undefined) mkdirSync(directory, { recursive: true });
}

function pinned(model: ModelFile | undefined): Record<string, string> {
  if (model === undefined) return {};
  return {
    [ENV.modelId]: model.id,
    [ENV.modelUrl]: model.url,
    [ENV.modelBytes]: String(model.bytes),
    [ENV.modelSha256]: model.sha256,
    ...(model.judgesUrgency === false && { [ENV.triage]: "false" }),
  };
}

function userCache(env: Environment): string {
  if (env["XDG_CACHE_HOME"]) return env["XDG_CACHE_HOME"];
  return process.platform === "darwin" ? join(homedir(), "Library", "Caches") : join(homedir(), ".cache");
}
