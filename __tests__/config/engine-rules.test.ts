import { assessEnvironment } from "../../config/assessment";
import { ConfigError } from "../../config/config-error";
import { loadConfig } from "../../config/load";
import { appConfigSchema, type AppConfig, type EksConfig } from "../../config/schema";
import { SCALE_VARIABLES } from "../helpers/production-variables";
import { eksConfig, existingClusterConfig } from "../helpers/sample-config";
import { INTERNAL_LOAD_BALANCER } from "../helpers/exposures";

const { config } = loadConfig({ CAREPATH_ENV: "scale", ...SCALE_VARIABLES });
if (config.target !== "eks") throw new Error("scale is expected to be an EKS environment");
const scale: EksConfig = config;
const { engine } = scale.chat;

const problems = (changed: AppConfig): string[] =>
  new ConfigError("test", assessEnvironment(changed).problems).message.split("\n  - ").slice(1);
const chat = (change: Partial<AppConfig["chat"]>): string[] =>
  problems({ ...scale, chat: { ...scale.chat, ...change } });

it("takes the environment as it is", () => {
  expect(problems(scale)).toEqual([]);
});

it("a model of the hub and the engine that loads it go together", () => {
  expect(chat({ model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" } })).toContain(
    'chat.model.source ("catalogue"): must be "hub" for the engine "vllm", which loads a repository of the hub and no GGUF file. ' +
      'Write model: { source: "hub", repository: "...", revision: "...", ... } as in config/environments/scale.ts.',
  );
  expect(problems(eksConfig({ model: scale.chat.model }))).toContain(
    'chat.model.source ("hub"): must not be "hub" for the engine "llama.cpp", which loads one GGUF file. ' +
      'Write model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" }, or engine: { type: "vllm", instanceType: "g6.xlarge" }.',
  );
});

it("needs a cluster of this project, which makes the GPU nodes", () => {
  expect(problems(existingClusterConfig({ engine, model: scale.chat.model, memoryMiB: 9000 }))).toContain(
    'chat.engine.type ("vllm"): needs target "eks", where the cluster stack makes the GPU nodes. ' +
      'Write target: "eks", or engine: { type: "llama.cpp" }.',
  );
});

it("a GPU holds the weights and one conversation: one token more is refused", () => {
  const { gpu } = assessEnvironment(scale);
  const tokens = gpu?.tokens ?? 0;
  expect(tokens).toBeGreaterThan(16 * 4096);
  expect(chat({ contextSize: tokens })).toEqual([]);
  expect(chat({ contextSize: tokens + 1 })).toEqual([
    `chat.engine.instanceType ("g6.xlarge"): must have room for one conversation of contextSize (${tokens + 1} tokens): of 20599 MiB ` +
      `that vLLM may use, the weights take 2945 and the engine 2048, so ${tokens} tokens are left. ` +
      "Choose a smaller or quantized model, a smaller contextSize, or add a type with a larger GPU to planning/catalogue/gpu-instance-types.ts.",
  ]);
});

it("what would have no effect is refused", () => {
  expect(chat({ maxReplicas: 3 })).toContain(
    'chat.maxReplicas (3): has no effect with the engine "vllm": each replica has its own GPU node, and their number is fixed. ' +
      "Remove it, and set replicas.",
  );
  expect(problems({ ...scale, modelMirror: { bucket: "models" } })).toEqual([
    'modelMirror.bucket ("models"): has no effect with the engine "vllm": it holds single files, and vLLM asks for a repository of ' +
      "the hub. Remove modelMirror, or set chat.modelBaseUrl to a mirror that speaks as the hub does.",
  ]);
});

it("a Network Load Balancer would show the metrics, which have no key", () => {
  const exposure: AppConfig["chat"]["exposure"] = {
    ...INTERNAL_LOAD_BALANCER,
    sourceCidrs: ["10.0.0.0/8"],
    certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1",
  };
  expect(chat({ exposure })).toContain(
    'chat.exposure.type ("load-balancer"): cannot go with the engine "vllm": a Network Load Balancer passes /metrics on, which vLLM ' +
      'answers without a key. Write exposure: { type: "https", ... }, or { type: "cluster-ip" }.',
  );
});

it("a pod that is too large for its GPU node is pointed to the other GPU types", () => {
  expect(chat({ cpuCores: 4 })).toEqual([
    "chat.cpuCores (4): must fit g6.xlarge: of 4000m, EKS leaves 3920m and the system pods take up to 850m, so 3070m are free. " +
      "Write cpuCores: 3, or choose a larger type of planning/catalogue/gpu-instance-types.ts.",
  ]);
});

it("the rules of production hold for it", () => {
  expect(chat({ apiKeys: { source: "none" } })).toContainEqual(expect.stringContaining("chat.apiKeys.source"));
  expect(problems({ ...scale, state: { type: "local" } })).toContainEqual(expect.stringContaining("state.type"));
  const model = { ...scale.chat.model, nonCommercial: true } as AppConfig["chat"]["model"];
  expect(chat({ model })).toContainEqual(expect.stringContaining("chat.acceptLicense"));
});

it.each([
  ["revision", "main", "must be a commit of the repository, 40 lower-case hexadecimal digits: a branch can move"],
  ["repository", "Qwen2.5-1.5B-Instruct", "must be a repository of the model hub with its owner"],
])("a model of the hub whose %s is %j is refused", (key, value) => {
  const model = { ...scale.chat.model, [key]: value };
  const { error } = appConfigSchema.safeParse({ ...scale, chat: { ...scale.chat, model } });
  expect(error?.issues.map(({ path }) => path.join("."))).toEqual([`chat.model.${key}`]);
});
