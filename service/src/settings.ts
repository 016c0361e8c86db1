import { basename, join } from "node:path";
import { z } from "zod";
import { CONTAINER_PATHS, DEFAULTS, ENV, LONGEST_DRAIN_SECONDS, SERVICE_PORT, type EnvName } from "./contract.js";
import { FatalError } from "./fatal-error.js";
import { isLoopback } from "./loopback.js";
import {
  cidrList,
  flag,
  httpUrl,
  integer,
  nameList,
  nonBlank,
  oneOf,
  parseUrl,
  pattern,
  withoutCredentials,
} from "./settings-fields.js";

/**
 * The settings of the service: the only place that reads environment variables. Every problem is found before anything
 * starts, and all of them are reported together. A blank variable counts as unset, because that is what an optional
 * value in a template turns into.
 */
export type Settings = Readonly<ReturnType<typeof resolve>>;

export type ModelSource = LocalModel | PinnedModel;

/** `MODEL_PATH`: a file that is used as it is. */
export interface LocalModel {
  readonly kind: "local";
  readonly path: string;
}

/** A model in the cache, downloaded when it is not there. */
export interface PinnedModel {
  readonly kind: "pinned";
  /** Already on the mirror when `MODEL_BASE_URL` names one. */
  readonly url: string;
  readonly bytes: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly cacheDir: string;
  /** File with the bearer token for the host of `url`. */
  readonly tokenFile: string | undefined;
  /** Remove models and leftovers that this model does not need. */
  readonly prune: boolean;
  /** `always` hashes the file at every start; `marker` trusts size, mtime and the marker of an earlier hash. */
  readonly verify: "marker" | "always";
}

export interface TerminationLogSetting {
  readonly path: string;
  /** False for the default path: there the kubelet made the file, and without a kubelet there is nothing to write. */
  readonly create: boolean;
}

/** The proxy variables that every HTTP client of the platform honours; they may hold credentials, so never log them. */
export interface ProxySettings {
  readonly httpProxy: string | undefined;
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type Environment = Readonly<Record<string, string | undefined>>;

const schema = z.object({
  // 0 asks the system for a free port, for tests and rehearsals.
  port: integer(0, 65_535).default(SERVICE_PORT),
  host: z.string().default("0.0.0.0"),
  modelId: pattern(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    "must be 1 to 128 letters, digits, dots, dashes and underscores",
  ).optional(),
  modelAliases: nameList().default([]),
  modelUrl: httpUrl().optional(),
  modelBytes: integer(1, 2 ** 45).optional(),
  modelSha256: pattern(/^[0-9a-fA-F]{64}$/, "must be 64 hexadecimal digits")
    .transform((digits) => digits.toLowerCase())
    .optional(),
  modelBaseUrl: httpUrl().optional(),
  modelPath: z.string().optional(),
  modelCacheDir: z.string().default(CONTAINER_PATHS.modelCache),
  modelTokenFile: z.string().optional(),
  modelMirrorTokenFile: z.string().optional(),
  cachePrune: flag().default(false),
  verify: oneOf(["marker", "always"]).default("marker"),
  contextSize: integer(64, 1_048_576).default(DEFAULTS.contextSize),
  parallelSlots: integer(1, 64).default(DEFAULTS.parallelSlots),
  maxQueue: integer(0, 10_000).default(DEFAULTS.maxQueue),
  maxTokens: integer(1, 1_048_576).optional(),
  // Without it as many as the cpu allotment of the process.
  threads: integer(1, 1_024).optional(),
  threadsFollow: flag().default(true),
  stepTargetMs: integer(50, 60_000).default(DEFAULTS.stepTargetMs),
  // Without it as many as fit `stepTargetMs`.
  promptPiece: integer(1, 64).optional(),
  stateCacheMiB: integer(0, 1_048_576).default(DEFAULTS.stateCacheMiB),
  stateCacheOnVolume: flag().default(false),
  triage: flag().default(true),
  requestTimeoutSeconds: integer(1, 86_400).default(DEFAULTS.requestTimeoutSeconds),
  heartbeatSeconds: integer(1, 3_600).default(DEFAULTS.heartbeatSeconds),
  drainSeconds: integer(0, LONGEST_DRAIN_SECONDS).default(DEFAULTS.drainSeconds),
  engineStallSeconds: integer(1, 86_400).default(DEFAULTS.engineStallSeconds),
  keepAliveSeconds: integer(1, 86_400).default(DEFAULTS.keepAliveSeconds),
  apiKeysFile: z.string().optional(),
  allowAnonymous: flag().default(false),
  metricsCidrs: cidrList().default([]),
  logLevel: oneOf(LOG_LEVELS).default("info"),
  terminationLog: z.string().optional(),
  threadPoolSize: integer(1, 1_024).optional(),
} satisfies Record<keyof typeof ENV, z.ZodType>);

type Values = z.infer<typeof schema>;
type Key = keyof typeof ENV;

/** Every variable of the contract that this file reads; a test compares it with the synthesized Deployment. */
export const SETTING_NAMES: readonly EnvName[] = (Object.keys(schema.shape) as Key[]).map((key) => ENV[key]);

/** @throws {FatalError} `invalidSettings`, one line that lists every problem. */
export function readSettings(env: Environment): Settings {
  const given = Object.fromEntries(Object.entries(ENV).map(([key, name]) => [key, nonBlank(env[name])]));
  const parsed = schema.safeParse(given);
  const problems = parsed.success ? contradictions(parsed.data) : [];
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const key = issue.path[0] as Key;
      problems.push(`${ENV[key]} (${withoutCredentials(given[key] ?? "")}) ${issue.message}`);
    }
  }
  const proxies = readProxies(env, problems);
  if (!parsed.success || problems.length > 0) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    throw new FatalError("invalidSettings", `The settings have ${count}: ${problems.join("; ")}.`);
  }
  return resolve(parsed.data, proxies);
}

/** Where a fatal exit leaves its reason: needed before, and even when, the other settings turn out to be wrong. */
export function readTerminationLog(env: Environment): TerminationLogSetting {
  return terminationLogAt(nonBlank(env[ENV.terminationLog]));
}

function terminationLogAt(path: string | undefined): TerminationLogSetting {
  return { path: path ?? CONTAINER_PATHS.terminationLog, create: path !== undefined };
}

/** Rules that involve more than one variable. */
function contradictions(values: Values): string[] {
  const problems: string[] = [];
  if (values.modelPath === undefined) {
    const missing = (["modelId", "modelUrl", "modelBytes", "modelSha256"] as const).filter(
      (key) => values[key] === undefined,
    );
    if (missing.length > 0) {
      problems.push(
        `${missing.map((key) => ENV[key]).join(", ")} ${missing.length === 1 ? "is" : "are"} not set: a model needs ` +
          `an id, a URL, its bytes and its sha256. Set them, or set ${ENV.modelPath} to a GGUF file`,
      );
    }
  }
  for (const [key, base] of [
    ["modelTokenFile", values.modelUrl],
    ["modelMirrorTokenFile", values.modelBaseUrl],
  ] as const) {
    const host = parseUrl(base ?? "");
    if (values[key] !== undefined && host?.protocol === "http:" && !isLoopback(host.hostname)) {
      problems.push(
        `${ENV[key]} (${values[key]}) holds a secret that ${host.origin} would receive unencrypted. ` +
          `Use an https URL, or leave the token out`,
      );
    }
  }
  if (values.modelMirrorTokenFile !== undefined && values.modelBaseUrl === undefined) {
    problems.push(
      `${ENV.modelMirrorTokenFile} (${values.modelMirrorTokenFile}) is the token of a mirror, and there is none. ` +
        `Set ${ENV.modelBaseUrl}, or name the hub's token in ${ENV.modelTokenFile}`,
    );
  }
  if (values.maxTokens !== undefined && values.maxTokens >= values.contextSize) {
    problems.push(
      `${ENV.maxTokens} (${values.maxTokens}) must be smaller than ${ENV.contextSize} (${values.contextSize}), ` +
        `which holds the question as well. Lower the one or raise the other`,
    );
  }
  if (values.apiKeysFile === undefined && !values.allowAnonymous && !isLoopback(values.host)) {
    problems.push(
      `${ENV.host} (${values.host}) is reachable from other machines, and no API key is required. Set ${ENV.apiKeysFile}, ` +
        `or ${ENV.host}=127.0.0.1, or ${ENV.allowAnonymous}=true if anyone may use this service`,
    );
  }
  return problems;
}

function resolve({ terminationLog, ...values }: Values, proxies: ProxySettings) {
  const { modelPath, modelUrl, modelBytes, modelSha256, modelBaseUrl, modelCacheDir, ...rest } = values;
  const { modelTokenFile, modelMirrorTokenFile, cachePrune, verify, ...direct } = rest;
  const model: ModelSource =
    modelPath !== undefined
      ? { kind: "local", path: modelPath }
      : {
          kind: "pinned",
          url: onMirror(modelUrl ?? "", modelBaseUrl),
          bytes: modelBytes ?? 0,
          sha256: modelSha256 ?? "",
          cacheDir: modelCacheDir,
          // Each token goes to its own host only.
          tokenFile: modelBaseUrl === undefined ? modelTokenFile : modelMirrorTokenFile,
          prune: cachePrune,
          verify,
        };
  return {
    ...direct,
    modelId: values.modelId ?? basename(modelPath ?? "").replace(/\.gguf$/i, ""),
    model,
    maxTokens: values.maxTokens ?? Math.min(DEFAULTS.maxTokens, values.contextSize - 1),
    /** Folder on the model volume for conversations that are kept there. */
    stateCacheFolder: join(modelCacheDir, "states"),
    terminationLog: terminationLogAt(terminationLog),
    proxies,
  };
}

/** A mirror serves the same paths below its own base: `https://mirror/hub` + `/Qwen/...`. */
function onMirror(url: string, baseUrl: string | undefined): string {
  if (baseUrl === undefined) return url;
  const original = new URL(url);
  const mirror = new URL(baseUrl);
  mirror.pathname = mirror.pathname.replace(/\/+$/, "") + original.pathname;
  mirror.search = original.search;
  return mirror.href;
}

/** Lower case wins, as in curl. */
function readProxies(env: Environment, problems: string[]): ProxySettings {
  const read = (name: string): string | undefined => nonBlank(env[name]) ?? nonBlank(env[name.toUpperCase()]);
  const proxy = (name: string): string | undefined => {
    const value = read(name);
    if (value !== undefined && !/^https?:$/.test(parseUrl(value)?.protocol ?? "")) {
      problems.push(`${name.toUpperCase()} must be a URL like http://proxy:3128`);
    }
    return value;
  };
  return { httpProxy: proxy("http_proxy"), httpsProxy: proxy("https_proxy"), noProxy: read("no_proxy") };
}
