import { type AppConfig } from "../../config/schema";
import { type ModelFile } from "../../planning/catalogue/models";
import { CONTAINER_PATHS, DEFAULTS, ENV, SECRET_KEYS, SERVICE_PORT, type EnvName } from "../../service/src/contract";

type Chat = AppConfig["chat"];

/** Those of the configuration, which `config/schema.ts` explains. What may be left out then has the service's own default. */
type ConfiguredSettings = Readonly<
  Pick<
    Chat,
    "contextSize" | "parallelSlots" | "maxQueue" | "maxTokens" | "requestTimeoutSeconds" | "heartbeatSeconds"
  > &
    Pick<Chat, "engineStallSeconds" | "stateCacheMiB" | "logLevel"> &
    Partial<Pick<Chat, "modelBaseUrl" | "threads" | "threadsFollow" | "stepTargetMs" | "promptPiece">> &
    Partial<Pick<Chat, "stateCacheOnVolume">>
>;

/** Settings of the service that the pod hands over as environment variables. */
export interface ServiceSettings extends ConfiguredSettings {
  /** Identity of the model file; the service verifies bytes and sha256 before it uses the file. */
  readonly model: Pick<ModelFile, "id" | "url" | "bytes" | "sha256" | "judgesUrgency">;
  /** @default none */
  readonly modelAliases?: readonly string[] | undefined;
  /** Time that running answers get after SIGTERM, seconds. */
  readonly drainSeconds: number;
  /** How long an unused connection stays open, seconds. @default 75 */
  readonly keepAliveSeconds?: number | undefined;
  /** Blocks that may read `/metrics`, where clients outside of the cluster reach the port. @default every address */
  readonly metricsCidrs?: readonly string[] | undefined;
}

/** Which Secrets are mounted; the settings that point at their files follow from it. */
export interface MountedSecrets {
  /** False lets anyone who can reach the pod use it. */
  readonly apiKeys: boolean;
  readonly modelToken: boolean;
}

/**
 * The environment variables of the chat container: names, port and paths from the contract, everything as a string.
 *
 * The cache belongs to this workload alone, so `CACHE_PRUNE` removes models that are no longer configured; without it
 * the third change of the model would fill 15 GiB and the pod could not start.
 */
export function chatEnvironment(settings: ServiceSettings, secrets: MountedSecrets) {
  const values: Partial<Record<EnvName, string | number | undefined>> = {
    [ENV.port]: SERVICE_PORT,
    [ENV.host]: "0.0.0.0",
    [ENV.modelId]: settings.model.id,
    [ENV.modelUrl]: settings.model.url,
    [ENV.modelBytes]: settings.model.bytes,
    [ENV.modelSha256]: settings.model.sha256,
    [ENV.modelBaseUrl]: settings.modelBaseUrl,
    [ENV.modelCacheDir]: CONTAINER_PATHS.modelCache,
    [ENV.modelAliases]: settings.modelAliases?.join(",") || undefined,
    // The token is for the host that the model comes from.
    [settings.modelBaseUrl === undefined ? ENV.modelTokenFile : ENV.modelMirrorTokenFile]: secrets.modelToken
      ? `${CONTAINER_PATHS.modelTokenDir}/${SECRET_KEYS.modelToken}`
      : undefined,
    [ENV.cachePrune]: "true",
    [ENV.contextSize]: settings.contextSize,
    [ENV.parallelSlots]: settings.parallelSlots,
    [ENV.maxQueue]: settings.maxQueue,
    [ENV.maxTokens]: settings.maxTokens,
    [ENV.threads]: settings.threads,
    [ENV.threadsFollow]: settings.threadsFollow === undefined ? undefined : String(settings.threadsFollow),
    [ENV.stepTargetMs]: settings.stepTargetMs,
    [ENV.promptPiece]: settings.promptPiece,
    [ENV.stateCacheMiB]: settings.stateCacheMiB,
    [ENV.stateCacheOnVolume]: settings.stateCacheOnVolume ? "true" : undefined,
    [ENV.triage]: settings.model.judgesUrgency === false ? "false" : undefined,
    [ENV.requestTimeoutSeconds]: settings.requestTimeoutSeconds,
    [ENV.heartbeatSeconds]: settings.heartbeatSeconds,
    [ENV.drainSeconds]: settings.drainSeconds,
    [ENV.engineStallSeconds]: settings.engineStallSeconds,
    [ENV.keepAliveSeconds]: settings.keepAliveSeconds,
    [ENV.apiKeysFile]: secrets.apiKeys ? `${CONTAINER_PATHS.apiKeysDir}/${SECRET_KEYS.apiKeys}` : undefined,
    [ENV.allowAnonymous]: secrets.apiKeys ? undefined : "true",
    [ENV.metricsCidrs]: settings.metricsCidrs?.join(",") || undefined,
    [ENV.logLevel]: settings.logLevel,
    [ENV.terminationLog]: CONTAINER_PATHS.terminationLog,
    [ENV.threadPoolSize]: DEFAULTS.threadPoolSize,
  };
  return Object.values(ENV).flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [{ name, value: String(value) }];
  });
}
