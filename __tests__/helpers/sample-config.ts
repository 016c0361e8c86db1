import { appConfigSchema, type AppConfigInput, type EksConfig, type ExistingClusterConfig } from "../../config/schema";
import { type ChatPodProps } from "../../constructs/kubernetes/chat-pod";
import { type EnvironmentPlan } from "../../planning/environment-plan";
import { catalogueModel } from "../../planning/catalogue/models";
import { DEFAULTS } from "../../service/src/contract";

type EksInput = Extract<AppConfigInput, { target: "eks" }>;
type ExistingClusterInput = Extract<AppConfigInput, { target: "existing-cluster" }>;
type ChatInput = EksInput["chat"];

const model = catalogueModel("qwen2.5-0.5b-instruct");
if (model === undefined) throw new Error("the sample model is not in the catalogue");

/** Times of an Application Load Balancer, different from every other number of the sample plan. */
export const SAMPLE_ALB_TIMES = { idleTimeoutSeconds: 611, deregistrationDelaySeconds: 117, keepAliveSeconds: 622 };

/** A plan whose numbers all differ from each other and from every default, so that a mix-up shows. */
export const SAMPLE_PLAN: EnvironmentPlan = {
  model,
  threads: 3,
  architecture: "arm64",
  probes: {
    startup: { periodSeconds: 7, timeoutSeconds: 4, failureThreshold: 101 },
    liveness: { periodSeconds: 11, timeoutSeconds: 6, failureThreshold: 8 },
    readiness: { periodSeconds: 9, timeoutSeconds: 5, failureThreshold: 3 },
  },
  progressDeadlineSeconds: 1501,
  terraformTimeoutSeconds: 1801,
  preStopSeconds: 8,
  drainSeconds: 91,
  terminationGracePeriodSeconds: 131,
  heartbeatSeconds: 13,
  loadBalancerIdleTimeoutSeconds: null,
  applicationLoadBalancer: null,
  coldStartSeconds: 301,
  warmStartSeconds: 61,
};

/** Settings of the service as a silent configuration has them. */
export const SAMPLE_SETTINGS = {
  contextSize: DEFAULTS.contextSize,
  parallelSlots: DEFAULTS.parallelSlots,
  maxQueue: DEFAULTS.maxQueue,
  maxTokens: DEFAULTS.maxTokens,
  stateCacheMiB: DEFAULTS.stateCacheMiB,
  requestTimeoutSeconds: DEFAULTS.requestTimeoutSeconds,
  engineStallSeconds: DEFAULTS.engineStallSeconds,
  logLevel: "info",
} as const;

/** A pod of the sample plan, for the tests of single constructs. */
export const SAMPLE_POD: ChatPodProps = {
  name: "chat-api",
  image: "carepath-chat:1.4.0",
  imagePullPolicy: "Always",
  serviceAccountName: "chat-api",
  settings: { ...SAMPLE_SETTINGS, model, heartbeatSeconds: 13, drainSeconds: 91 },
  cpuCores: 3,
  memoryMiB: 6000,
  probes: SAMPLE_PLAN.probes,
  preStopSeconds: 8,
  terminationGracePeriodSeconds: 131,
};

const CHAT: ChatInput = {
  model: { source: "catalogue", id: model.id },
  image: { tag: "1.4.0" },
  cpuCores: 3,
  memoryMiB: 6000,
  apiKeys: { source: "none" },
};

/** A complete configuration for EKS; `chat` and `rest` replace single fields. */
export function eksConfig(chat: Partial<ChatInput> = {}, rest: Partial<Omit<EksInput, "chat">> = {}): EksConfig {
  return appConfigSchema.parse({
    environment: "sample",
    target: "eks",
    region: "eu-central-1",
    network: { zones: ["eu-central-1a", "eu-central-1b"], natGateways: "single" },
    cluster: { endpoint: { publicAccess: false } },
    nodes: { instanceType: "m7g.xlarge", capacityType: "ON_DEMAND" },
    ...rest,
    chat: { ...CHAT, ...chat },
  }) as EksConfig;
}

/** A complete configuration for a cluster that a kubeconfig context names. */
export function existingClusterConfig(
  chat: Partial<ChatInput> = {},
  rest: Partial<Omit<ExistingClusterInput, "chat">> = {},
): ExistingClusterConfig {
  return appConfigSchema.parse({
    environment: "local",
    target: "existing-cluster",
    kubeconfigContext: "kind-carepath",
    storage: { className: "standard" },
    ...rest,
    chat: { ...CHAT, image: { repository: "carepath-chat", tag: "dev-1" }, ...chat },
  }) as ExistingClusterConfig;
}
