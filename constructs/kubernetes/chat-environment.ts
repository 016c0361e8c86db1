import { CONTAINER_PATHS, DEFAULTS, ENV, SECRET_KEYS, SERVICE_PORT, type EnvName } from "../../service/src/contract";

/** Settings of the service that the pod hands over as environment variables. */
export interface ServiceSettings {
  /** Identity of the model file; the service verifies bytes and sha256 before it uses the file. */
  readonly model: {
    readonly id: string;
    readonly url: string;
    readonly bytes: number;
    readonly sha256: string;
    /** False turns `/triage` off. @default true */
    readonly judgesUrgency?: boolean | undefined;
  };
  /** Base URL of a mirror of the model hub. @default the host in `model.url` */
  readonly modelBaseUrl?: string | undefined;
  /** Other names under which clients may ask for the model. @default none */
  readonly modelAliases?: readonly string[] | undefined;
  /** Tokens of context for each slot. */
  readonly contextSize: number;
  /** Sequences that generate at the same time. */
  readonly parallelSlots: number;
  /** Requests that may wait for a slot; one more is answered 429. */
  readonly maxQueue: number;
  /** Longest answer in tokens. */
  readonly maxTokens: number;
  /**
   * Threads of llama.cpp. Leave it out: the service then reads its cpu allotment, which is exact because cpu requests
   * and limits are equal whole cores.
   * @default the cpu allotment of the container
   */
  readonly threads?: number | undefined;
  /** Fewer threads while neighbours use the cores. @default true */
  readonly threadsFollow?: boolean | undefined;
  /** What a running answer may wait for its next token while a prompt is read, milliseconds. @default 500 */
  readonly stepTargetMs?: number | undefined;
  /** Prompt tokens of every step, for answers that repeat exactly. @default as many as fit `stepTargetMs` */
  readonly promptPiece?: number | undefined;
  /** Conversations that are kept when their slot is taken over, MiB; they count against the memory. */
  readonly stateCacheMiB: number;
  /** Keep them on the volume of the model: they survive a restart, and patients' words are on a disk. @default false */
  readonly stateCacheOnVolume?: boolean | undefined;
  /** Deadline of one request, seconds. */
  readonly requestTimeoutSeconds: number;
  /** Interval of the SSE comment that keeps idle connections open, seconds. */
  readonly heartbeatSeconds: number;
  /** Time that running answers get after SIGTERM, seconds. */
  readonly drainSeconds: number;
  /** `/health` fails when an admitted request made no progress for this long, seconds. */
  readonly engineStallSeconds: number;
  /** How long an unused connection stays open, seconds. @default 75 */
  readonly keepAliveSeconds?: number | undefined;
  /** Blocks that may read `/metrics`, where clients outside of the cluster reach the port. @default every address */
  readonly metricsCidrs?: readonly string[] | undefined;
  readonly logLevel: string;
}

/** Which Secrets are mounted; the settings that point at their files follow from it. */
export interface MountedSecrets {
  /** False lets anyone who can reach the pod use it. */
  readonly apiKeys: boolean;
  readonly modelToken: boolean;
}

/** One variable in the form of a container's `env` list. */
export interface EnvironmentVariable {
  readonly name: EnvName;
  readonly value: string;
}

/**
 * The environment variables of the chat container: names, port and paths from the contract, everything as a string.
 *
 * The cache belongs to this workload alone, so `CACHE_PRUNE` removes models that are no longer configured; without it
 * the third change of the model would fill 15 GiB and the pod could not start.
 */
export function chatEnvironment(settings: ServiceSettings, secrets: MountedSecrets): EnvironmentVariable[] {
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
