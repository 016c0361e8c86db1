import { spawnSync } from "node:child_process";

import { parse } from "yaml";

import { VllmEngine, type VllmEngineProps } from "../../../constructs/kubernetes/vllm-engine";
import { SAMPLE_ALB_TIMES, SAMPLE_PLAN } from "../../helpers/sample-config";
import { synthConstructs, type Json } from "../../helpers/synth-stack";

const REVISION = "0123456789abcdef0123456789abcdef01234567";
const PROPS: VllmEngineProps = {
  name: "chat-api",
  namespace: "carepath",
  image: { repository: "vllm/vllm-openai", tag: "v1.2.3", digest: "sha256:aa" },
  model: { id: "tiny", repository: "acme/tiny", revision: REVISION },
  modelAliases: [],
  contextSize: 4096,
  parallelSlots: 12,
  maxQueue: 34,
  maxTokens: 512,
  replicas: 2,
  cpuCores: 3,
  memoryMiB: 6000,
  cacheSizeGiB: 15,
  serviceAccountName: "chat-api",
  plan: SAMPLE_PLAN,
};

interface Model {
  readonly vllmConfig: { readonly extraArgs: readonly string[] };
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

function synth(props: Partial<VllmEngineProps> = {}) {
  const stack = synthConstructs((scope) => new VllmEngine(scope, "vllm", { ...PROPS, ...props }));
  const release = stack.one("helm_release");
  const { servingEngineSpec: engine, ...rest } = JSON.parse((release["values"] as [string])[0]) as {
    servingEngineSpec: Json & { modelSpec: [Json & Model] };
  };
  const [model] = engine.modelSpec;
  const env = Object.fromEntries(model.env.map(({ name, value }) => [name, value]));
  return { stack, release, engine, model, env, args: model.vllmConfig.extraArgs.join(" "), rest };
}

it("is one version of the chart, in its namespace, and installs no definitions", () => {
  expect(synth().release).toMatchObject({
    name: "vllm",
    chart: "vllm-stack",
    repository: "https://vllm-project.github.io/production-stack",
    version: "0.1.12",
    namespace: "carepath",
    skip_crds: true,
    timeout: 1801,
  });
});

it("has no router, which would need rights in the namespace", () => {
  expect(synth().rest).toEqual({ routerSpec: { enableRouter: false }, loraAdapters: [] });
});

it("gives the image by tag and digest, the model by its revision, and the tokenizer too", () => {
  const { model, args } = synth();
  expect(model).toMatchObject({
    repository: "vllm/vllm-openai",
    tag: "v1.2.3@sha256:aa",
    modelURL: "acme/tiny",
    modelRevision: REVISION,
  });
  expect(args).toContain(`--tokenizer-revision ${REVISION}`);
  expect(synth({ image: { repository: "r", tag: "1" } }).model["tag"]).toBe("1");
});

it("asks /health in the time of the plan, on the port of the service", () => {
  const httpGet = { path: "/health", port: 8002 };
  expect(synth().engine).toMatchObject({
    containerPort: 8002,
    startupProbe: { httpGet, periodSeconds: 7, timeoutSeconds: 4, failureThreshold: 101 },
    livenessProbe: { httpGet, periodSeconds: 11, timeoutSeconds: 6, failureThreshold: 8 },
    readinessProbe: { httpGet, periodSeconds: 9, timeoutSeconds: 5, failureThreshold: 3 },
  });
});

it("replaces a pod in place, because there is no spare GPU", () => {
  expect(synth().engine["strategy"]).toEqual({
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
  });
});

it("asks for one GPU, and for as much cpu and memory as it may use", () => {
  const resources = { cpu: "3", memory: "6000Mi", "nvidia.com/gpu": "1" };
  expect(synth().model["resources"]).toEqual({ requests: resources, limits: resources });
  expect(synth({ cpuCores: 7, memoryMiB: 20_000 }).model["resources"]).toMatchObject({
    limits: { cpu: "7", memory: "20000Mi" },
  });
});

it("runs on GPU nodes alone, as the user of the image, and meets the Pod Security Standard restricted", () => {
  const { engine, model } = synth();
  expect(model["tolerations"]).toEqual([{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }]);
  expect(JSON.stringify(model["affinity"])).toContain(
    '"key":"nvidia.com/gpu.present","operator":"In","values":["true"]',
  );
  expect(engine).toMatchObject({
    runtimeClassName: "",
    securityContext: { runAsNonRoot: true, runAsUser: 2000, fsGroup: 2000, seccompProfile: { type: "RuntimeDefault" } },
    containerSecurityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  });
});

it("limits conversations, answers at once and the length of an answer", () => {
  const { model, args, env } = synth();
  expect(model.vllmConfig).toMatchObject({ maxModelLen: 4096, maxNumSeqs: 12, gpuMemoryUtilization: 0.9 });
  expect(args).toContain('--override-generation-config {"max_new_tokens":512}');
  expect(env).toMatchObject({ PARALLEL_SLOTS: "12", MAX_QUEUE: "34" });
  expect(synth({ contextSize: 8192 }).model.vllmConfig).toMatchObject({ maxModelLen: 8192 });
  expect(synth({ maxTokens: 99 }).args).toContain('{"max_new_tokens":99}');
});

/** As chart 0.1.12 renders it, without what is not edited. */
const RENDERED = `apiVersion: apps/v1
kind: Deployment
spec:
  progressDeadlineSeconds: 1200
  template:
    spec:
      containers:
        - name: "vllm"
          command:
          - "vllm"
`;

function postRendered(text: string) {
  const { binary_path, args } = synth().release["postrender"] as { binary_path: string; args: string[] };
  return spawnSync(binary_path, args, { input: text, encoding: "utf8" });
}

it("takes requests until the load balancer knows, and lets running answers end, for which the chart has no values", () => {
  expect(synth().args).toContain("--shutdown-timeout 91");
  const { spec } = parse(postRendered(RENDERED).stdout) as { spec: Json };
  expect(spec).toEqual({
    progressDeadlineSeconds: 1501,
    template: {
      spec: {
        terminationGracePeriodSeconds: 131,
        containers: [
          {
            name: "vllm",
            lifecycle: { preStop: { sleep: { seconds: 8 } } },
            command: ["vllm"],
          },
        ],
      },
    },
  });
});

it("has edits that survive cdktf's HCL writer", () => {
  const { args } = synth().release["postrender"] as { args: string[] };
  // It escapes quotes once, and neither backslashes nor line breaks.
  expect(args.join("")).not.toMatch(/[\\\n]/);
});

it.each([
  ["no longer", RENDERED.replace("command:", "args:"), "0 times, not once"],
  ["more than once", RENDERED + RENDERED, "2 times, not once"],
])("ends the deploy where a chart has what is edited %s", (_, text, words) => {
  const { status, stderr } = postRendered(text);
  expect(status).not.toBe(0);
  expect(stderr).toContain(words);
});

it("puts the gate in front, and another gate is another pod", () => {
  const { stack, args, env, model, release } = synth();
  expect(args).toContain("--middleware vllm_gate.Gate");
  expect(env["PYTHONPATH"]).toBe("/etc/carepath/gate");
  expect(model["extraVolumes"]).toContainEqual({ name: "gate", configMap: { name: "chat-api-gate" } });
  const gate = stack.one("kubernetes_config_map_v1");
  expect(gate["metadata"]).toMatchObject({ name: "chat-api-gate", namespace: "carepath" });
  expect((gate["data"] as Record<string, string>)["vllm_gate.py"]).toContain("class Gate:");
  expect(JSON.stringify(release["depends_on"])).toContain("kubernetes_config_map_v1");
  expect(model["podAnnotations"]).toEqual({ "carepath/gate": expect.stringMatching(/^[0-9a-f]{16}$/) as string });
});

it("mounts the keys where the gate looks for them", () => {
  expect(synth().env).not.toHaveProperty("API_KEYS_FILE");
  const { env, model } = synth({ apiKeysSecretName: "chat-keys" });
  expect(env["API_KEYS_FILE"]).toBe("/etc/carepath/api-keys/keys");
  expect(model["extraVolumes"]).toContainEqual({
    name: "api-keys",
    secret: { secretName: "chat-keys", defaultMode: 0o440, items: [{ key: "keys", path: "keys" }] },
  });
  expect(model["extraVolumeMounts"]).toContainEqual({
    name: "api-keys",
    mountPath: "/etc/carepath/api-keys",
    readOnly: true,
  });
});

it("keeps a connection longer than the load balancer does", () => {
  expect(synth().env).not.toHaveProperty("VLLM_HTTP_TIMEOUT_KEEP_ALIVE");
  const plan = { ...SAMPLE_PLAN, applicationLoadBalancer: SAMPLE_ALB_TIMES };
  expect(synth({ plan }).env["VLLM_HTTP_TIMEOUT_KEEP_ALIVE"]).toBe("622");
});

it("takes the token of the hub from its Secret, and asks a mirror where there is one", () => {
  expect(synth().model).not.toHaveProperty("hf_token");
  expect(synth({ modelTokenSecretName: "hub" }).model["hf_token"]).toEqual({ secretName: "hub", secretKey: "token" });
  expect(synth().env).not.toHaveProperty("HF_ENDPOINT");
  expect(synth({ modelBaseUrl: "https://hub.example.com" }).env["HF_ENDPOINT"]).toBe("https://hub.example.com");
});

it("answers under the name of the model and its aliases", () => {
  expect(synth().args).toContain("--served-model-name tiny --tokenizer");
  expect(synth({ modelAliases: ["gpt-4o-mini"] }).args).toContain("--served-model-name tiny gpt-4o-mini --tokenizer");
});

it("lets clients offer tools where there is a parser for the model", () => {
  expect(synth().model["enableTool"]).toBe(false);
  expect(synth({ toolCallParser: "hermes" }).model).toMatchObject({ enableTool: true, toolCallParser: "hermes" });
});

it("keeps the model on the disk of the node, in the room that is configured", () => {
  const { model, env } = synth();
  expect(model["extraVolumes"]).toContainEqual({ name: "cache", emptyDir: { sizeLimit: "15Gi" } });
  expect(model["extraVolumeMounts"]).toContainEqual({ name: "cache", mountPath: "/data" });
  expect(env).toMatchObject({ HF_HUB_CACHE: "/data/hub", VLLM_CACHE_ROOT: "/data/vllm" });
});

it("lets one of several replicas go at a time, and none of them block a drain", () => {
  expect(synth().model).toMatchObject({ replicaCount: 2, pdb: { enabled: true, maxUnavailable: 1 } });
  expect(synth({ replicas: 1 }).model).toMatchObject({ replicaCount: 1, pdb: { enabled: false } });
});

it("has the name by which Service and NetworkPolicy find its pods, and the account of the workload", () => {
  expect(synth({ name: "other", serviceAccountName: "account" }).model).toMatchObject({
    name: "other",
    serviceAccountName: "account",
  });
});
