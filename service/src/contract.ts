/**
 * The contract between the infrastructure and the chat service: every name and number that both programs use.
 *
 * The Deployment is built from this file and the service reads its settings through it, so a port, path, phase or
 * environment variable name is written once. It has no imports on purpose: the infrastructure (CommonJS) and the
 * service (ESM) both load it as it is.
 */

/** TCP port on which the service listens unless `PORT` says otherwise. */
export const SERVICE_PORT = 8002;

/** Name of the container port; probes and the Service refer to the port by this name. */
export const SERVICE_PORT_NAME = "http";

/** Command of the container, relative to the image's working directory (`service/` in a checkout, after its build). */
export const SERVICE_COMMAND = ["node", "dist/main.js"] as const;

/** User and group id of the service in the image; also the `fsGroup` that makes the cache volume writable. */
export const SERVICE_UID = 10001;

/** HTTP paths of the service. */
export const PATHS = {
  /** Liveness: 200 in every phase; 503 only when an admitted request has stalled. */
  health: "/health",
  /** Startup and readiness: 200 only when the model has answered a warm-up token and the service is not draining. */
  ready: "/ready",
  metrics: "/metrics",
  chatCompletions: "/v1/chat/completions",
  models: "/v1/models",
  triage: "/triage",
  /** The chat page. */
  page: "/",
  /** The API as OpenAPI document, and a page that shows it. */
  openapi: "/openapi.json",
  apiDocs: "/docs",
} as const;

/**
 * First message of every conversation on the chat page. The page sends it and the engine keeps it ready, so it is read
 * once and not with every question.
 */
export const PAGE_INSTRUCTIONS =
  "You are the assistant of a health service. Answer in plain, kind words, in the language of the person, and briefly. " +
  "You do not diagnose and do not prescribe. When something may be dangerous, say first that they should call their " +
  "local emergency number or see a doctor today.";

/** Names of the environment variables that the service reads. `service/src/settings.ts` is their only reader. */
export const ENV = {
  port: "PORT",
  host: "HOST",
  modelId: "MODEL_ID",
  modelAliases: "MODEL_ALIASES",
  modelUrl: "MODEL_URL",
  modelBytes: "MODEL_BYTES",
  modelSha256: "MODEL_SHA256",
  modelBaseUrl: "MODEL_BASE_URL",
  modelPath: "MODEL_PATH",
  modelCacheDir: "MODEL_CACHE_DIR",
  modelTokenFile: "MODEL_TOKEN_FILE",
  modelMirrorTokenFile: "MODEL_MIRROR_TOKEN_FILE",
  cachePrune: "CACHE_PRUNE",
  verify: "VERIFY",
  contextSize: "CONTEXT_SIZE",
  parallelSlots: "PARALLEL_SLOTS",
  maxQueue: "MAX_QUEUE",
  maxTokens: "MAX_TOKENS",
  threads: "THREADS",
  /** `false` keeps all threads, whatever the neighbours on the cores do. */
  threadsFollow: "THREADS_FOLLOW",
  /** What a running answer may wait for its next token while a prompt is read, milliseconds; at least 8 tokens are read. */
  stepTargetMs: "STEP_TARGET_MS",
  /** Prompt tokens of every step; unset follows the measured speed. */
  promptPiece: "PROMPT_PIECE",
  /** Most MiB of conversations that are kept when their slot is taken over. */
  stateCacheMiB: "STATE_CACHE_MIB",
  /** `true` keeps them on the volume of the model, where they survive a restart: patients' words are on a disk then. */
  stateCacheOnVolume: "STATE_CACHE_ON_VOLUME",
  /** `false` refuses `/triage`: the model is too small to judge how urgent a complaint is. */
  triage: "TRIAGE",
  requestTimeoutSeconds: "REQUEST_TIMEOUT_SECONDS",
  heartbeatSeconds: "HEARTBEAT_SECONDS",
  drainSeconds: "DRAIN_SECONDS",
  engineStallSeconds: "ENGINE_STALL_SECONDS",
  /** How long an unused connection stays open; longer than a load balancer keeps it, which would otherwise answer 502. */
  keepAliveSeconds: "KEEP_ALIVE_SECONDS",
  apiKeysFile: "API_KEYS_FILE",
  allowAnonymous: "ALLOW_ANONYMOUS",
  metricsCidrs: "METRICS_CIDRS",
  logLevel: "LOG_LEVEL",
  /** Where the one-line reason of a fatal exit is written; the kubelet shows it in `kubectl describe pod`. */
  terminationLog: "TERMINATION_LOG",
  /**
   * Threads for file and native work. libuv reads it once, when the first module is loaded, so the service cannot set it
   * for itself: the Deployment, the image and `npm start` do.
   */
  threadPoolSize: "UV_THREADPOOL_SIZE",
} as const;

export type EnvName = (typeof ENV)[keyof typeof ENV];

/** Absolute paths inside the container. */
export const CONTAINER_PATHS = {
  /** Mount of the model cache volume; `MODEL_CACHE_DIR` points here. */
  modelCache: "/var/cache/carepath/models",
  /** Mount of the Secret with the API keys (one key a line in the file below it). */
  apiKeysDir: "/etc/carepath/api-keys",
  /** Mount of the Secret with the token of the host that models come from: the hub, or its mirror. */
  modelTokenDir: "/etc/carepath/model-token",
  /** The only other writable path under a read-only root. */
  tmp: "/tmp",
  /** Memory as a file system: the state cache. A container has 64 MiB of it unless the pod mounts more. */
  sharedMemory: "/dev/shm",
  /** Kubernetes' default `terminationMessagePath`. */
  terminationLog: "/dev/termination-log",
} as const;

/** File (and Secret key) names inside the mounts above. */
export const SECRET_KEYS = { apiKeys: "keys", modelToken: "token" } as const;

/** Share of the free room of its volume that the state cache fills: other files come and go. */
export const STATE_CACHE_SHARE = 0.9;

/** Defaults of the settings; the infrastructure uses the same ones when a configuration is silent. */
export const DEFAULTS = {
  /** Tokens of context for each slot. */
  contextSize: 4096,
  /** Sequences that generate at the same time. */
  parallelSlots: 2,
  /** Requests that may wait for a slot; one more is answered 429. */
  maxQueue: 16,
  /** Longest answer in tokens; also the default of a request that does not say. */
  maxTokens: 512,
  /** What a running answer may wait for its next token while a prompt is read, milliseconds; at least 8 tokens are read. */
  stepTargetMs: 500,
  /** Conversations that are kept when their slot is taken over, MiB; about 7,000 tokens of a 3B model. */
  stateCacheMiB: 256,
  /** Deadline of one request from admission to its last token, seconds. */
  requestTimeoutSeconds: 600,
  /** SSE comment interval, seconds. Must be shorter than every idle timeout between client and pod. */
  heartbeatSeconds: 15,
  /** Time that running answers get after SIGTERM, seconds. */
  drainSeconds: 120,
  /** `/health` turns 503 when an admitted request made no progress for this long, seconds. */
  engineStallSeconds: 300,
  /** How long an unused connection stays open, seconds. */
  keepAliveSeconds: 75,
  /**
   * The model is loaded and every token is computed in libuv's pool. With more threads each token is computed by another
   * one, and takes half as long again. Nothing that answers a request may use the pool (docs/engine.md).
   */
  threadPoolSize: 1,
} as const;

/** The longest `DRAIN_SECONDS` that the service takes; a plan with longer answers is refused. */
export const LONGEST_DRAIN_SECONDS = 3600;

/**
 * What the image sets for the C library, which reads it before any code of ours runs.
 *
 * Each of the many threads would otherwise get its own heap: grammars, made by one thread and used by others, then
 * leave holes in all of them. With SmolLM2, 700 hostile schemas took the process from 406 to 739 MiB, and with two
 * heaps from 385 to 536.
 */
export const IMAGE_ENVIRONMENT = { MALLOC_ARENA_MAX: "2" } as const;

/** Phases that `GET /ready` reports in `phase`, in the order of a first start. */
export const PHASES = [
  "starting",
  "locking",
  "downloading",
  "verifying",
  "loading",
  "warming_up",
  "ready",
  "draining",
  "failed",
] as const;

export type Phase = (typeof PHASES)[number];

/** Body of `GET /ready`, at status 200 and 503 alike. */
export interface ReadyReport {
  /** `ready` exactly when the status is 200. */
  readonly status: "loading" | "ready" | "draining" | "failed";
  readonly phase: Phase;
  /** Share of the present phase that is done, 0 to 1; null where it cannot be known. */
  readonly progress: number | null;
  /** Seconds since the process started. */
  readonly elapsed_seconds: number;
  /** 1 for the first try of the present phase; higher while a failure is being retried. */
  readonly attempt: number;
  /** The last failure, also while it is being retried. Never contains a credential. */
  readonly error: string | null;
  /** Bytes of the model on disk and in all, while a download is under way or has been. */
  readonly downloaded_bytes?: number;
  readonly total_bytes?: number;
  /** Wall-clock seconds spent in each phase so far. */
  readonly phase_seconds?: Partial<Record<Phase, number>>;
}

/**
 * Exit codes of the service. 0 is a drained shutdown; the others are failures that a retry inside the process cannot
 * cure, each with its own code so that `kubectl describe pod` and the runbook can tell them apart.
 */
export const EXIT_CODES = {
  ok: 0,
  /** A bug: an unexpected exception. */
  internal: 1,
  /** A setting is missing, malformed or contradicts another. */
  invalidSettings: 64,
  /** The model file is not a GGUF that this build of llama.cpp can run. */
  unsupportedModel: 65,
  /** The sha256 differs after a clean re-download: the pinned facts or the source are wrong. */
  checksumMismatch: 66,
  /** The source says no in a way that retrying cannot cure (401, 403, 404, 410). */
  modelUnavailable: 67,
  /** The cache volume is smaller than the model needs. */
  cacheTooSmall: 68,
  /** The cache directory cannot be written. */
  cacheUnwritable: 69,
  /** Weights and context do not fit into the memory limit. */
  outOfMemory: 70,
  /** The port is taken or not permitted. */
  cannotListen: 71,
} as const;
