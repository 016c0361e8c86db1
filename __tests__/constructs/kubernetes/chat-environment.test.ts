import { chatEnvironment, type ServiceSettings } from "../../../constructs/kubernetes/chat-environment";
import { CONTAINER_PATHS, DEFAULTS, ENV, SERVICE_PORT } from "../../../service/src/contract";
import { SETTING_NAMES } from "../../../service/src/settings";
import { SAMPLE_SETTINGS } from "../../helpers/sample-config";

const MODEL = { id: "some-model", url: "https://hub.example/some.gguf", bytes: 2_104_932_768, sha256: "ab".repeat(32) };
const SETTINGS: ServiceSettings = { ...SAMPLE_SETTINGS, model: MODEL, heartbeatSeconds: 15, drainSeconds: 120 };
const WITH_KEYS = { apiKeys: true, modelToken: false };

function values(settings: Partial<ServiceSettings> = {}, secrets = WITH_KEYS): Record<string, string> {
  const list = chatEnvironment({ ...SETTINGS, ...settings }, secrets);
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

it("hands over names, port and paths of the contract", () => {
  expect(values()).toEqual({
    [ENV.port]: String(SERVICE_PORT),
    [ENV.host]: "0.0.0.0",
    [ENV.modelId]: MODEL.id,
    [ENV.modelUrl]: MODEL.url,
    [ENV.modelBytes]: "2104932768",
    [ENV.modelSha256]: MODEL.sha256,
    [ENV.modelCacheDir]: CONTAINER_PATHS.modelCache,
    [ENV.cachePrune]: "true",
    [ENV.contextSize]: String(DEFAULTS.contextSize),
    [ENV.parallelSlots]: String(DEFAULTS.parallelSlots),
    [ENV.maxQueue]: String(DEFAULTS.maxQueue),
    [ENV.maxTokens]: String(DEFAULTS.maxTokens),
    [ENV.stateCacheMiB]: "256",
    [ENV.requestTimeoutSeconds]: String(DEFAULTS.requestTimeoutSeconds),
    [ENV.heartbeatSeconds]: String(DEFAULTS.heartbeatSeconds),
    [ENV.drainSeconds]: String(DEFAULTS.drainSeconds),
    [ENV.engineStallSeconds]: String(DEFAULTS.engineStallSeconds),
    [ENV.apiKeysFile]: `${CONTAINER_PATHS.apiKeysDir}/keys`,
    [ENV.logLevel]: "info",
    [ENV.terminationLog]: CONTAINER_PATHS.terminationLog,
    [ENV.threadPoolSize]: String(DEFAULTS.threadPoolSize),
  });
});

it.each<[keyof ServiceSettings, string, string | number | boolean | readonly string[]]>([
  ["modelBaseUrl", ENV.modelBaseUrl, "https://mirror.example/hub"],
  ["modelAliases", ENV.modelAliases, ["gpt-4o-mini", "b"]],
  ["contextSize", ENV.contextSize, 8192],
  ["parallelSlots", ENV.parallelSlots, 5],
  ["maxQueue", ENV.maxQueue, 0],
  ["maxTokens", ENV.maxTokens, 777],
  ["threads", ENV.threads, 6],
  ["threadsFollow", ENV.threadsFollow, false],
  ["stepTargetMs", ENV.stepTargetMs, 250],
  ["promptPiece", ENV.promptPiece, 16],
  ["stateCacheMiB", ENV.stateCacheMiB, 300],
  ["stateCacheOnVolume", ENV.stateCacheOnVolume, true],
  ["requestTimeoutSeconds", ENV.requestTimeoutSeconds, 901],
  ["heartbeatSeconds", ENV.heartbeatSeconds, 23],
  ["drainSeconds", ENV.drainSeconds, 0],
  ["engineStallSeconds", ENV.engineStallSeconds, 404],
  ["keepAliveSeconds", ENV.keepAliveSeconds, 505],
  ["metricsCidrs", ENV.metricsCidrs, ["10.0.0.0/8", "192.168.0.0/16"]],
  ["logLevel", ENV.logLevel, "debug"],
])("changes only its own variable when %s changes", (setting, name, value) => {
  expect(values({ [setting]: value })).toEqual({ ...values(), [name]: String(value) });
});

it("leaves the thread count to the cpu allotment unless it is set", () => {
  expect(values()).not.toHaveProperty(ENV.threads);
});

it("points at the key file where keys are mounted, and says so openly where there are none", () => {
  expect(values()).not.toHaveProperty(ENV.allowAnonymous);
  const anonymous = values({}, { apiKeys: false, modelToken: false });
  expect(anonymous).not.toHaveProperty(ENV.apiKeysFile);
  expect(anonymous[ENV.allowAnonymous]).toBe("true");
});

it("points at the token file only where a token is mounted", () => {
  expect(values()).not.toHaveProperty(ENV.modelTokenFile);
  const path = `${CONTAINER_PATHS.modelTokenDir}/token`;
  const mounted = { apiKeys: true, modelToken: true };
  expect(values({}, mounted)[ENV.modelTokenFile]).toBe(path);
  const mirrored = values({ modelBaseUrl: "https://mirror.example" }, mounted);
  expect([mirrored[ENV.modelTokenFile], mirrored[ENV.modelMirrorTokenFile]]).toEqual([undefined, path]);
});

it("sets every variable that the service reads, but for the two that a pod has no use for", () => {
  const everything = [
    ...chatEnvironment(
      {
        ...SETTINGS,
        model: { ...SETTINGS.model, judgesUrgency: false },
        modelBaseUrl: "https://mirror.example",
        modelAliases: ["a"],
        threads: 2,
        threadsFollow: false,
        stepTargetMs: 250,
        promptPiece: 16,
        stateCacheOnVolume: true,
        keepAliveSeconds: 620,
        metricsCidrs: ["10.0.0.0/8"],
      },
      { apiKeys: true, modelToken: true },
    ),
    ...chatEnvironment(SETTINGS, { apiKeys: false, modelToken: true }),
  ].map(({ name }) => name);
  // MODEL_PATH skips the model store; VERIFY=always hashes 2 GB at every start and is for debugging.
  const unused: string[] = [ENV.modelPath, ENV.verify];
  expect([...new Set(everything)].sort()).toEqual(SETTING_NAMES.filter((name) => !unused.includes(name)).sort());
});
