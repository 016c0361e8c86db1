import { type EnvironmentPlan } from "../planning/environment-plan";
import { instanceType } from "../planning/instance-types";
import { catalogueModel, type ModelFacts } from "../planning/model-catalogue";
import { ConfigError } from "./config-error";
import { type AppConfig } from "./schema";

/** Computes every number of an environment, or refuses it with all its problems at once. */
export function planEnvironment(config: AppConfig): EnvironmentPlan {
  const { chat } = config;
  const model = modelFacts(config);
  const downloadSeconds = model.bytes / 2 ** 20 / chat.worstDownloadMiBps;
  const readSeconds = model.bytes / 2 ** 20 / config.storage.throughputMiBps;
  const warmStartSeconds = Math.ceil(readSeconds + 15);
  const coldStartSeconds = Math.ceil(downloadSeconds + readSeconds + warmStartSeconds);
  const startupWindow = chat.timing.startupWindowSeconds ?? 2 * coldStartSeconds;
  const drainSeconds = chat.timing.drainSeconds ?? 120;
  const terminationGracePeriodSeconds = chat.timing.terminationGraceSeconds ?? drainSeconds + 30;
  const progressDeadlineSeconds =
    chat.timing.progressDeadlineSeconds ?? startupWindow + 240 + terminationGracePeriodSeconds;
  return {
    model,
    threads: chat.threads ?? Math.max(1, Math.floor(chat.cpuCores)),
    architecture: config.target === "eks" ? (instanceType(config.nodes.instanceType)?.architecture ?? null) : null,
    probes: {
      startup: { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: Math.ceil(startupWindow / 5) },
      liveness: { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
      readiness: { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 },
    },
    progressDeadlineSeconds,
    terraformTimeoutSeconds: chat.timing.terraformTimeoutSeconds ?? progressDeadlineSeconds + 120,
    drainSeconds,
    terminationGracePeriodSeconds,
    heartbeatSeconds: chat.heartbeatSeconds,
    loadBalancerIdleTimeoutSeconds: chat.exposure.type === "load-balancer" ? chat.exposure.idleTimeoutSeconds : null,
    coldStartSeconds,
    warmStartSeconds,
  };
}

function modelFacts({ environment, chat: { model } }: AppConfig): ModelFacts {
  if (model.source === "custom") return model;
  const facts = catalogueModel(model.id);
  if (facts !== undefined) return facts;
  throw new ConfigError(`environment "${environment}"`, [
    {
      path: "chat.model.id",
      actual: model.id,
      rule: "must be a model of the catalogue",
      fix: 'Choose one of the catalogue, or give the facts of your own with source: "custom"',
    },
  ]);
}
