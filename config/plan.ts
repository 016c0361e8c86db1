import { MIB } from "../planning/byte-units";
import { cacheNeed, type CacheNeed } from "../planning/capacity/cache-need";
import { gpuMemory, type GpuMemory, gpuThroughput, hostMemory } from "../planning/capacity/gpu-engine";
import { memoryLimit, type MemoryLimit } from "../planning/capacity/memory-limit";
import { podFit, type PodFit } from "../planning/capacity/pod-fit";
import { type AddonName } from "../planning/capacity/system-pods";
import { throughput, type Throughput } from "../planning/capacity/throughput";
import { gpuInstanceType, type GpuInstanceType } from "../planning/catalogue/gpu-instance-types";
import { instanceType, type InstanceType, typesOfSameSize } from "../planning/catalogue/instance-types";
import { catalogueModel, hubUrl, type HubModel, type ModelFile } from "../planning/catalogue/models";
import { type EnvironmentPlan } from "../planning/environment-plan";
import { applicationLoadBalancerTimes } from "../planning/time/application-load-balancer-times";
import { timeBudget, type TimeBudget } from "../planning/time/time-budget";
import { VLLM_TIMES } from "../planning/time/vllm-times";
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
  /** Null where no GPU is used. */
  readonly gpu: GpuMemory | null;
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
  const gpu = gpuOf(config);
  const threads = Math.min(chat.threads ?? chat.cpuCores, chat.cpuCores);
  const slots = chat.parallelSlots;
  const speeds = machinesOf(config).map((machine) => throughput(model.bytes, { threads, slots, instance: machine }));
  const speed =
    gpu === undefined
      ? speeds.reduce((slowest, each) => (each.slowest < slowest.slowest ? each : slowest))
      : gpuThroughput(model.bytes, slots);
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
    engine: gpu === undefined ? undefined : VLLM_TIMES,
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
    memory:
      gpu === undefined
        ? memoryLimit(model, {
            contextSize: chat.contextSize,
            slots,
            stateCacheMiB: chat.stateCacheOnVolume ? 0 : chat.stateCacheMiB,
          })
        : hostMemory(model),
    cache: cacheNeed(model.bytes, chat.stateCacheOnVolume ? chat.stateCacheMiB * MIB : 0),
    throughput: speed,
    addons,
    fit: fitOf(config, addons, instance, gpu),
    gpu: gpu === undefined ? null : gpuMemory(gpu, model),
  };
}

/** Pods on a node; of those with a GPU, the scheduler puts one on each. */
function fitOf(
  { chat }: AppConfig,
  addons: readonly AddonName[],
  instance?: InstanceType,
  gpu?: GpuInstanceType,
): PodFit | null {
  if (instance === undefined) return null;
  const fit = podFit(gpu ?? instance, chat, addons);
  return gpu === undefined ? fit : { ...fit, podsPerNode: Math.min(1, fit.podsPerNode) };
}

function modelOf({ chat: { model } }: AppConfig): ModelFile | HubModel {
  switch (model.source) {
    case "custom":
      return { ...model, kind: "file" };
    case "catalogue":
      return known(catalogueModel(model.id), model.id);
    case "hub":
      return { ...model, kind: "hub", url: hubUrl(model.repository, model.revision) };
  }
}

/** Undefined where the engine runs on CPUs. */
function gpuOf({ chat: { engine } }: AppConfig): GpuInstanceType | undefined {
  return engine.type === "vllm" ? known(gpuInstanceType(engine.instanceType), engine.instanceType) : undefined;
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
