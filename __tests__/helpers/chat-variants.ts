import { ChatStack } from "../../stacks/chat-stack";
import { ENVIRONMENTS } from "../../config/environments";
import { loadConfig } from "../../config/load";
import { type AppConfig } from "../../config/schema";
import { type EnvironmentPlan } from "../../planning/environment-plan";
import { SAMPLE_ALB_TIMES, SAMPLE_PLAN, eksConfig, existingClusterConfig } from "./sample-config";
import { ENVIRONMENT_VARIABLES } from "./synth-app";
import { synthStack, type SynthesizedStack } from "./synth-stack";

const DIGEST = `sha256:${"a1".repeat(32)}`;
const KEYS = { source: "existing-secret", name: "chat-keys" } as const;

/** Configurations that between them reach every branch of the chat stack. */
export const CHAT_VARIANTS = {
  "shared cache on EKS": eksConfig(),
  "image by digest, keys by variable": eksConfig({
    image: { tag: "1.4.0", digest: DIGEST },
    apiKeys: { source: "terraform-variable" },
    modelTokenSecretName: "hub-token",
  }),
  "behind a load balancer that passes packets on": eksConfig({
    apiKeys: KEYS,
    exposure: { type: "load-balancer", scheme: "internet-facing", sourceCidrs: ["203.0.113.0/24"] },
  }),
  "production by HTTPS": eksConfig(
    {
      image: { digest: DIGEST },
      apiKeys: KEYS,
      exposure: {
        type: "https",
        host: "chat.example.com",
        hostedZoneId: "Z0123456789ABCDEFGHIJ",
        scheme: "internet-facing",
        sourceCidrs: ["203.0.113.0/24"],
      },
    },
    { production: true, state: { type: "s3", bucket: "states", region: "eu-central-1" } },
  ),
  "a cache for each of three replicas, scaled up to five": eksConfig({
    cache: { mode: "per-replica" },
    replicas: 3,
    maxReplicas: 5,
    apiKeys: KEYS,
  }),
  "existing cluster with a loaded image": existingClusterConfig(),
  "existing cluster with a registry": existingClusterConfig({
    image: { repository: "registry.example/carepath-chat", digest: DIGEST },
    apiKeys: KEYS,
  }),
} as const satisfies Record<string, AppConfig>;

/** The sample plan, with what the exposure of a configuration needs. */
function samplePlan({ chat }: AppConfig): EnvironmentPlan {
  return chat.exposure.type === "https" ? { ...SAMPLE_PLAN, applicationLoadBalancer: SAMPLE_ALB_TIMES } : SAMPLE_PLAN;
}

/** The chat stack of a configuration, with the sample plan. */
export function synthChat(config: AppConfig, plan = samplePlan(config)): SynthesizedStack {
  return synthStack((app) => new ChatStack(app, { config, plan }));
}

/** One synthesized chat stack and where it comes from. */
export interface SynthesizedChat {
  readonly name: string;
  readonly config: AppConfig;
  readonly stack: SynthesizedStack;
}

/** Environments that run the service of this repository; the pods of another engine are made by its chart. */
export const SERVICE_ENVIRONMENTS: readonly string[] = Object.values(ENVIRONMENTS)
  .filter(({ chat }) => chat.engine?.type !== "vllm")
  .map(({ environment }) => environment);

/** The chat stack of every variant, and of every environment of the service with its own plan. */
export function synthAllChats(): SynthesizedChat[] {
  const variants = Object.entries(CHAT_VARIANTS).map(([name, config]) => ({ name, config, stack: synthChat(config) }));
  const environments = SERVICE_ENVIRONMENTS.map((name) => {
    const { config, plan } = loadConfig({ CAREPATH_ENV: name, ...ENVIRONMENT_VARIABLES[name] });
    return { name: `environment ${name}`, config, stack: synthChat(config, plan) };
  });
  return [...variants, ...environments];
}
