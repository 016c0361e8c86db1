import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { type Release } from "@cdktf/provider-helm/lib/release";
import { dependable } from "cdktf";
import { Construct } from "constructs";

import { GPU_MEMORY_SHARE } from "../../planning/capacity/gpu-engine";
import { type EnvironmentPlan, type ProbeTiming } from "../../planning/environment-plan";
import { CONTAINER_PATHS, ENV, PATHS, SECRET_KEYS, SERVICE_PORT } from "../../service/src/contract";
import { GPU_LABEL, GPU_TAINT } from "../aws/node-groups";
import { type ChartEdit } from "./chart-edits";
import { type ServiceSettings } from "./chat-environment";
import { type ChatPodProps } from "./chat-pod";
import { HelmChart } from "./helm-chart";
import { type ImageChoice } from "./image-reference";
import { workloadLabels } from "./workload-labels";

export interface VllmEngineProps
  extends
    Pick<ChatPodProps, "name" | "serviceAccountName" | "cpuCores" | "memoryMiB">,
    Pick<ChatPodProps, "apiKeysSecretName" | "modelTokenSecretName">,
    Pick<ServiceSettings, "contextSize" | "parallelSlots" | "maxQueue" | "maxTokens" | "modelBaseUrl"> {
  readonly namespace: string;
  readonly image: ImageChoice;
  readonly model: { readonly id: string; readonly repository: string; readonly revision: string };
  readonly modelAliases: readonly string[];
  readonly toolCallParser?: string | undefined;
  readonly replicas: number;
  /** Room on the disk of the node for the model and the caches of the compiler. */
  readonly cacheSizeGiB: number;
  readonly plan: EnvironmentPlan;
}

/** Name of the container's port in the chart. */
export const VLLM_PORT_NAME = "container-port";

/** User of the image; another id is in no /etc/passwd, and PyTorch then fails. https://github.com/vllm-project/vllm/pull/40275 */
const VLLM_UID = 2000;

const CACHE_DIR = "/data";
const GATE_DIR = "/etc/carepath/gate";
const GATE_FILE = "vllm_gate.py";

/**
 * vLLM by the chart of its production stack, without the stack's router: the load balancer chooses the pod with the fewest
 * running answers itself, and a router would be one more hop with rights in the namespace.
 *
 * In front of vLLM runs `vllm_gate.py`, so that keys and 429 are what they are with the service of this repository.
 * @see https://github.com/vllm-project/production-stack/tree/vllm-stack-0.1.12/helm
 */
export class VllmEngine extends Construct {
  readonly release: Release;

  constructor(scope: Construct, id: string, props: VllmEngineProps) {
    super(scope, id);
    const { name, namespace } = props;
    const program = readFileSync(join(__dirname, GATE_FILE), "utf8");
    const gate = new ConfigMapV1(this, "gate", {
      metadata: { name: gateName(name), namespace, labels: workloadLabels(name) },
      data: { [GATE_FILE]: program },
    });
    this.release = new HelmChart(this, "chart", {
      chart: "vllm-stack",
      release: "vllm",
      repository: "https://vllm-project.github.io/production-stack",
      version: "0.1.12",
      namespace,
      // Its one definition is of adapters, which are not used; a deploy of this namespace may not make it.
      skipCrds: true,
      timeoutSeconds: props.plan.terraformTimeoutSeconds,
      edits: timesOfThePod(props.plan),
      values: {
        servingEngineSpec: {
          // The chart's own labels say "test".
          labels: { environment: name, release: "vllm" },
          containerPort: SERVICE_PORT,
          servicePort: SERVICE_PORT,
          // The runtime of NVIDIA is the default of the node image: it has no RuntimeClass.
          runtimeClassName: "",
          imagePullPolicy: "IfNotPresent",
          // There is no spare GPU for a surge.
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
          startupProbe: probe(props.plan.probes.startup),
          livenessProbe: probe(props.plan.probes.liveness),
          readinessProbe: probe(props.plan.probes.readiness),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: VLLM_UID,
            runAsGroup: VLLM_UID,
            fsGroup: VLLM_UID,
            seccompProfile: { type: "RuntimeDefault" },
          },
          // The root stays writable, as in KServe's own template: which files the compilers write is not documented.
          containerSecurityContext: {
            runAsNonRoot: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
          },
          modelSpec: [modelSpec(props, program)],
        },
        routerSpec: { enableRouter: false },
        loraAdapters: [],
      },
    }).release;
    this.release.dependsOn = [dependable(gate)];
  }
}

/**
 * The chart fixes a grace of 30 s and a progress deadline of 1200 s and has no preStop hook, without which the load balancer
 * sends requests to a pod that no longer listens. The kubelet sleeps itself here, as the image need not have a `sleep`.
 */
function timesOfThePod(plan: EnvironmentPlan): ChartEdit[] {
  const { progressDeadlineSeconds, terminationGracePeriodSeconds, preStopSeconds } = plan;
  return [
    ["  progressDeadlineSeconds: 1200", [`  progressDeadlineSeconds: ${progressDeadlineSeconds}`]],
    [
      "      containers:",
      [`      terminationGracePeriodSeconds: ${terminationGracePeriodSeconds}`, "      containers:"],
    ],
    [
      "          command:",
      [`          lifecycle: { preStop: { sleep: { seconds: ${preStopSeconds} } } }`, "          command:"],
    ],
  ];
}

function probe(timing: ProbeTiming) {
  return { ...timing, httpGet: { path: PATHS.health, port: SERVICE_PORT } };
}

/** The chart puts a name between repository and tag together itself, and a digest is taken after the tag. */
function tag({ tag: name = "", digest }: VllmEngineProps["image"]): string {
  return [name, ...(digest === undefined ? [] : [digest])].filter((part) => part !== "").join("@");
}

/** As in the chat pod; the provider of that one writes the mode as text, and a chart passes a number on. */
function keysVolume(secretName: string) {
  const items = [{ key: SECRET_KEYS.apiKeys, path: SECRET_KEYS.apiKeys }];
  return { name: "api-keys", secret: { secretName, defaultMode: 0o440, items } };
}

function gateName(name: string): string {
  return `${name}-gate`;
}

function modelSpec(props: VllmEngineProps, gate: string) {
  const { name, model, cpuCores, memoryMiB, plan, apiKeysSecretName: keys, modelTokenSecretName: token } = props;
  const resources = { cpu: String(cpuCores), memory: `${memoryMiB}Mi`, "nvidia.com/gpu": "1" };
  return {
    name,
    repository: props.image.repository,
    tag: tag(props.image),
    modelURL: model.repository,
    modelRevision: model.revision,
    replicaCount: props.replicas,
    serviceAccountName: props.serviceAccountName,
    // Another gate is another pod.
    podAnnotations: { "carepath/gate": createHash("sha256").update(gate).digest("hex").slice(0, 16) },
    resources: { requests: resources, limits: resources },
    pdb: { enabled: props.replicas > 1, maxUnavailable: 1 },
    enableTool: props.toolCallParser !== undefined,
    ...(props.toolCallParser === undefined ? {} : { toolCallParser: props.toolCallParser }),
    ...(token === undefined ? {} : { hf_token: { secretName: token, secretKey: SECRET_KEYS.modelToken } }),
    vllmConfig: {
      enablePrefixCaching: true,
      maxModelLen: props.contextSize,
      maxNumSeqs: props.parallelSlots,
      gpuMemoryUtilization: GPU_MEMORY_SHARE,
      extraArgs: [
        ["--served-model-name", model.id, ...props.modelAliases],
        ["--tokenizer-revision", model.revision],
        // The most that an answer may have, whatever a client asks for.
        ["--override-generation-config", JSON.stringify({ max_new_tokens: props.maxTokens })],
        ["--shutdown-timeout", String(plan.drainSeconds)],
        ["--middleware", "vllm_gate.Gate"],
        ["--disable-fastapi-docs"],
        ["--disable-access-log-for-endpoints", `${PATHS.health},${PATHS.metrics}`],
      ].flat(),
    },
    env: Object.entries({
      PYTHONPATH: GATE_DIR,
      VLLM_NO_USAGE_STATS: "1",
      // Not by HF_HOME, which the chart sets, and not in /tmp, where the chart keeps the counters of one run.
      HF_HUB_CACHE: `${CACHE_DIR}/hub`,
      HF_XET_CACHE: `${CACHE_DIR}/xet`,
      VLLM_CACHE_ROOT: `${CACHE_DIR}/vllm`,
      ...(props.modelBaseUrl === undefined ? {} : { HF_ENDPOINT: props.modelBaseUrl }),
      // Longer than the load balancer keeps a connection, or it answers 502.
      ...(plan.applicationLoadBalancer === null
        ? {}
        : { VLLM_HTTP_TIMEOUT_KEEP_ALIVE: String(plan.applicationLoadBalancer.keepAliveSeconds) }),
      [ENV.parallelSlots]: String(props.parallelSlots),
      [ENV.maxQueue]: String(props.maxQueue),
      ...(keys === undefined ? {} : { [ENV.apiKeysFile]: `${CONTAINER_PATHS.apiKeysDir}/${SECRET_KEYS.apiKeys}` }),
    }).map(([variable, value]) => ({ name: variable, value })),
    extraVolumes: [
      // Kept over a restart of the container, gone with the pod: the chart's claim would be one for all replicas.
      { name: "cache", emptyDir: { sizeLimit: `${props.cacheSizeGiB}Gi` } },
      { name: "gate", configMap: { name: gateName(name) } },
      ...(keys === undefined ? [] : [keysVolume(keys)]),
    ],
    extraVolumeMounts: [
      { name: "cache", mountPath: CACHE_DIR },
      { name: "gate", mountPath: GATE_DIR, readOnly: true },
      ...(keys === undefined ? [] : [{ name: "api-keys", mountPath: CONTAINER_PATHS.apiKeysDir, readOnly: true }]),
    ],
    tolerations: [{ key: GPU_TAINT, operator: "Exists", effect: "NoSchedule" }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: GPU_LABEL, operator: "In", values: ["true"] }] }],
        },
      },
    },
  };
}
