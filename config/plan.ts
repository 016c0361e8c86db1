import { MIB } from "../planning/byte-units";
import { cacheNeed, type CacheNeed } from "../planning/capacity/cache-need";
import { memoryLimit, type MemoryLimit } from "../planning/capacity/memory-limit";
import { podFit, type PodFit } from "../planning/capacity/pod-fit";
import { type AddonName } from "../planning/capacity/system-pods";
import { throughput, type Throughput } from "../planning/capacity/throughput";
import { instanceType, type InstanceType, typesOfSameSize } from "../planning/catalogue/instance-types";
import { catalogueModel, type ModelFacts } from "../planning/catalogue/models";
import { type EnvironmentPlan } from "../planning/environment-plan";
import { applicationLoadBalancerTimes } from "../planning/time/application-load-balancer-times";
import { timeBudget, type TimeBudget } from "../planning/time/time-budget";
import { type AppConfig } from "./schema";

/** The plan of an environment with everything that it was computed from. */
export interface CapacityPlan {
  readonly plan: EnvironmentPlan;
  readonly budget: TimeBudget;
  readonly memory: MemoryLimit;
  readonly cache: CacheNeed;
  readonly throughput: Throughput;
  /** What the platform stack installs besides what every cluster of this project has. */
  readonly addons: readonly AddonName[];
  /** Null on an existing cluster, whose nodes are not known. */
  readonly fit: PodFit | null;
}

/**
 * Every number of an environment: the inputs of `planning/` are read off the configuration. It only computes;
 * `config/rules/` judges.
 */
export function planCapacity(config: AppConfig): CapacityPlan {
  const { chat } = config;
  const model = modelOf(config);
  const instance = instanceOf(config);
  const addons = addonsOf(config);
  const threads = Math.min(chat.threads ?? chat.cpuCores, chat.cpuCores);
  const slots = chat.parallelSlots;
  const speeds = machinesOf(config).map((machine) => throughput(model.bytes, { threads, slots, instance: machine }));
  const speed = speeds.reduce((slowest, each) => (each.slowest < slowest.slowest ? each : slowest));
  const budget = timeBudget({
    modelBytes: model.bytes,
    downloadMiBps: chat.worstDownloadMiBps,
    volumeMiBps: config.storage.throughputMiBps,
    maxTokens: chat.maxTokens,
    slowestTokensPerSecond: speed.slowest,
    slowestPromptTokensPerSecond: speed.slowestPrefill,
    requestTimeoutSeconds: chat.requestTimeoutSeconds,
    behindLoadBalancer: chat.exposure.type !== "cluster-ip",
    readinessGate: chat.exposure.type === "https",
    rollout: chat.cache.mode === "shared" ? "in-place" : "one-by-one",
    replicas: chat.maxReplicas ?? chat.replicas,
    overrides: chat.timing,
  });
  const { exposure, requestTimeoutSeconds } = chat;
  const albTimes =
    exposure.type === "https" ? applicationLoadBalancerTimes({ ...budget, requestTimeoutSeconds }) : null;
  return {
    plan: {
      model,
      threads,
      architecture: instance?.architecture ?? null,
      probes: budget.probes,
      progressDeadlineSeconds: budget.progressDeadlineSeconds,
      terraformTimeoutSeconds: budget.terraformTimeoutSeconds,
      preStopSeconds: budget.preStopSeconds,
      drainSeconds: budget.drainSeconds,
      terminationGracePeriodSeconds: budget.terminationGraceSeconds,
      heartbeatSeconds: chat.heartbeatSeconds,
      loadBalancerIdleTimeoutSeconds:
        exposure.type === "load-balancer" ? exposure.idleTimeoutSeconds : (albTimes?.idleTimeoutSeconds ?? null),
      applicationLoadBalancer: albTimes,
      coldStartSeconds: budget.coldStartSeconds,
      warmStartSeconds: budget.warmStartSeconds,
    },
    budget,
    memory: memoryLimit(model, {
      contextSize: chat.contextSize,
      slots,
      stateCacheMiB: chat.stateCacheOnVolume ? 0 : chat.stateCacheMiB,
    }),
    cache: cacheNeed(model.bytes, chat.stateCacheOnVolume ? chat.stateCacheMiB * MIB : 0),
    throughput: speed,
    addons,
    fit: instance === undefined ? null : podFit(instance, chat, addons),
  };
}

function modelOf({ chat: { model } }: AppConfig): ModelFacts {
  return model.source === "custom" ? model : known(catalogueModel(model.id), model.id);
}

function addonsOf(config: AppConfig): AddonName[] {
  const addons: AddonName[] = [];
  if (config.chat.exposure.type === "https") addons.push("load-balancer-controller");
  if (config.target === "eks" && config.nodes.autoscaling) addons.push("cluster-autoscaler");
  if (config.chat.maxReplicas !== undefined) addons.push("keda");
  if (config.target === "eks" && config.podLogs !== undefined) addons.push("log-forwarder");
  return addons;
}

/** Undefined on an existing cluster. */
function instanceOf(config: AppConfig): InstanceType | undefined {
  if (config.target !== "eks") return undefined;
  const { instanceType: name } = config.nodes;
  return known(instanceType(name), name);
}

/** What the pod may run on: a spot group takes any type of the same size, and the plan must hold on the slowest. */
function machinesOf(config: AppConfig): readonly [InstanceType | undefined, ...InstanceType[]] {
  const instance = instanceOf(config);
  if (config.target !== "eks" || config.nodes.capacityType !== "SPOT") return [instance];
  const [, ...others] = typesOfSameSize(config.nodes.instanceType);
  return [instance, ...others.map((name) => known(instanceType(name), name))];
}

/** The schema lets only names of the catalogue pass. */
function known<T>(entry: T | undefined, name: string): T {
  if (entry === undefined) throw new Error(`"${name}" is not in planning/catalogue. Parse the configuration first.`);
  return entry;
}
