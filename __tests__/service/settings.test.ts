import { DEFAULTS, ENV } from "../../service/src/contract.js";
import { readSettings, readTerminationLog, SETTING_NAMES } from "../../service/src/settings.js";

const SHA256 = "AB".repeat(32);
const ENOUGH = {
  HOST: "127.0.0.1",
  MODEL_ID: "tiny",
  MODEL_URL: "https://hub.example/org/repo/resolve/abc/tiny.gguf?x=1",
  MODEL_BYTES: "1234",
  MODEL_SHA256: SHA256,
};

it("reads exactly the variables of the contract", () => {
  expect([...SETTING_NAMES].sort()).toEqual(Object.values(ENV).sort());
});

it("the defaults are those of the contract", () => {
  expect(readSettings(ENOUGH)).toEqual({
    port: 8002,
    host: "127.0.0.1",
    modelId: "tiny",
    modelAliases: [],
    model: {
      kind: "pinned",
      url: ENOUGH.MODEL_URL,
      bytes: 1234,
      sha256: SHA256.toLowerCase(),
      cacheDir: "/var/cache/carepath/models",
      tokenFile: undefined,
      prune: false,
      verify: "marker",
    },
    ...DEFAULTS,
    threads: undefined,
    threadsFollow: true,
    promptPiece: undefined,
    stateCacheFolder: "/var/cache/carepath/models/states",
    stateCacheOnVolume: false,
    triage: true,
    apiKeysFile: undefined,
    allowAnonymous: false,
    metricsCidrs: [],
    logLevel: "info",
    terminationLog: { path: "/dev/termination-log", create: false },
    threadPoolSize: undefined,
    proxies: { httpProxy: undefined, httpsProxy: undefined, noProxy: undefined },
  });
});

it("kept conversations go to the model volume when a setting says so", () => {
  const settings = readSettings({ ...ENOUGH, MODEL_CACHE_DIR: "/cache", STATE_CACHE_ON_VOLUME: "true" });
  expect(settings).toMatchObject({ stateCacheOnVolume: true, stateCacheFolder: "/cache/states" });
});

it("a local file needs nothing else, and is named after itself", () => {
  const settings = readSettings({ HOST: "localhost", MODEL_PATH: "/models/my.model.gguf", TERMINATION_LOG: "/tmp/t" });
  expect(settings.model).toEqual({ kind: "local", path: "/models/my.model.gguf" });
  expect(settings.modelId).toBe("my.model");
  expect(readTerminationLog({ TERMINATION_LOG: "/tmp/t" })).toEqual({ path: "/tmp/t", create: true });
});

it.each([
  ["https://mirror.example", "https://mirror.example/org/repo/resolve/abc/tiny.gguf?x=1"],
  ["http://mirror.example:8080/hub/", "http://mirror.example:8080/hub/org/repo/resolve/abc/tiny.gguf?x=1"],
])("the mirror %s serves the same path", (MODEL_BASE_URL, url) => {
  expect(readSettings({ ...ENOUGH, MODEL_BASE_URL }).model).toMatchObject({ url });
});

it("the hub's token goes to the hub only, and the mirror's to the mirror only", () => {
  const tokens = { MODEL_TOKEN_FILE: "/hub", MODEL_MIRROR_TOKEN_FILE: "/mirror" };
  expect(readSettings({ ...ENOUGH, MODEL_TOKEN_FILE: "/hub" }).model).toMatchObject({ tokenFile: "/hub" });
  const mirrored = { ...ENOUGH, MODEL_BASE_URL: "https://mirror.example" };
  expect(readSettings({ ...mirrored, ...tokens }).model).toMatchObject({ tokenFile: "/mirror" });
  expect(readSettings({ ...mirrored, MODEL_TOKEN_FILE: "/hub" }).model).toMatchObject({ tokenFile: undefined });
});

it("reads aliases", () => {
  expect(readSettings({ ...ENOUGH, MODEL_ALIASES: "gpt-4o-mini, org/model:free" }).modelAliases).toEqual([
    "gpt-4o-mini",
    "org/model:free",
  ]);
});

it("a blank variable counts as unset", () => {
  expect(readSettings({ ...ENOUGH, THREADS: " ", PORT: "" })).toMatchObject({ threads: undefined, port: 8002 });
});

it("proxies: lower case wins", () => {
  const { proxies } = readSettings({ ...ENOUGH, https_proxy: "http://a:1", HTTPS_PROXY: "http://b:2", NO_PROXY: "x" });
  expect(proxies).toEqual({ httpProxy: undefined, httpsProxy: "http://a:1", noProxy: "x" });
});

it.each(["0", "65", "1.5", "0x10", "many"])("refuses %s for a number, in words that say what may be", (value) => {
  expect(() => readSettings({ ...ENOUGH, PARALLEL_SLOTS: value })).toThrow(
    `The settings have 1 problem: PARALLEL_SLOTS (${value}) must be a whole number from 1 to 64.`,
  );
});

const REFUSED: [what: string, env: Record<string, string | undefined>, problem: string][] = [
  [
    "a public address without keys",
    { HOST: undefined },
    "HOST (0.0.0.0) is reachable from other machines, and no API key is required. Set API_KEYS_FILE, or HOST=127.0.0.1, or ALLOW_ANONYMOUS=true if anyone may use this service",
  ],
  [
    "no model",
    { MODEL_URL: undefined },
    "MODEL_URL is not set: a model needs an id, a URL, its bytes and its sha256. Set them, or set MODEL_PATH to a GGUF file",
  ],
  [
    "half a model",
    { MODEL_URL: undefined, MODEL_BYTES: undefined },
    "MODEL_URL, MODEL_BYTES are not set: a model needs an id, a URL, its bytes and its sha256. Set them, or set MODEL_PATH to a GGUF file",
  ],
  [
    "a secret in a URL, without showing it",
    { MODEL_URL: "https://me:hunter2@hub.example/m.gguf" },
    "MODEL_URL (https://***@hub.example/m.gguf) must not contain a user name or password; put a token into a file and name it in MODEL_TOKEN_FILE",
  ],
  [
    "a URL of another kind",
    { MODEL_URL: "ftp://hub.example/m.gguf" },
    "MODEL_URL (ftp://hub.example/m.gguf) must be an http or https URL",
  ],
  [
    "a token in the clear",
    { MODEL_BASE_URL: "http://mirror.example", MODEL_MIRROR_TOKEN_FILE: "/t" },
    "MODEL_MIRROR_TOKEN_FILE (/t) holds a secret that http://mirror.example would receive unencrypted. Use an https URL, or leave the token out",
  ],
  [
    "the token of a mirror that is not there",
    { MODEL_MIRROR_TOKEN_FILE: "/t" },
    "MODEL_MIRROR_TOKEN_FILE (/t) is the token of a mirror, and there is none. Set MODEL_BASE_URL, or name the hub's token in MODEL_TOKEN_FILE",
  ],
  [
    "an empty alias",
    { MODEL_ALIASES: "gpt-4o,,b" },
    "MODEL_ALIASES (gpt-4o,,b) must be names of 1 to 128 printable characters without spaces, with commas between them",
  ],
  [
    "answers as long as the context",
    { MAX_TOKENS: "4096" },
    "MAX_TOKENS (4096) must be smaller than CONTEXT_SIZE (4096), which holds the question as well. Lower the one or raise the other",
  ],
  ["a flag that is neither", { CACHE_PRUNE: "yes" }, "CACHE_PRUNE (yes) must be one of true, false"],
  ["an unknown way to verify", { VERIFY: "never" }, "VERIFY (never) must be one of marker, always"],
  [
    "an unknown log level",
    { LOG_LEVEL: "loud" },
    "LOG_LEVEL (loud) must be one of trace, debug, info, warn, error, fatal, silent",
  ],
  ["a short sha256", { MODEL_SHA256: "abc" }, "MODEL_SHA256 (abc) must be 64 hexadecimal digits"],
  ["a proxy that is no URL", { HTTPS_PROXY: "proxy" }, "HTTPS_PROXY must be a URL like http://proxy:3128"],
];

it.each(REFUSED)("refuses %s", (_what, env, problem) => {
  expect(() => readSettings({ ...ENOUGH, ...env })).toThrow(new Error(`The settings have 1 problem: ${problem}.`));
});

it("keys, or ALLOW_ANONYMOUS, open the address", () => {
  expect(readSettings({ ...ENOUGH, HOST: "0.0.0.0", API_KEYS_FILE: "/keys" }).host).toBe("0.0.0.0");
  expect(readSettings({ ...ENOUGH, HOST: "0.0.0.0", ALLOW_ANONYMOUS: "true" }).allowAnonymous).toBe(true);
});

it("a context smaller than the default answer shortens the default, not what was asked for", () => {
  expect(readSettings({ ...ENOUGH, CONTEXT_SIZE: "256" }).maxTokens).toBe(255);
  expect(readSettings({ ...ENOUGH, MAX_TOKENS: "4095" }).maxTokens).toBe(4_095);
});

it("metrics for blocks of addresses", () => {
  expect(readSettings({ ...ENOUGH, METRICS_CIDRS: "10.0.0.0/8, 192.168.1.0/24" }).metricsCidrs).toEqual([
    "10.0.0.0/8",
    "192.168.1.0/24",
  ]);
  for (const wrong of ["10.0.0.0", "10.0.0.0/33", "300.0.0.0/8", "::/0"]) {
    expect(() => readSettings({ ...ENOUGH, METRICS_CIDRS: wrong })).toThrow(
      `METRICS_CIDRS (${wrong}) must be IPv4 blocks separated by commas, such as 10.0.0.0/8`,
    );
  }
});
