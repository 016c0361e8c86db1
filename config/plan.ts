/**
 * From the configuration of an environment to its plan: the inputs of `planning/` are read off the configuration, every
 * rule is applied, and either all problems are thrown together or the numbers come back that the stacks are built from.
 */
import {
  apiKeysViolation,
  licenceViolation,
  maxTokensViolation,
  nodeZoneUnknownViolation,
  nodeZonesViolation,
  sourceCidrsViolation,
  stateViolation,
} from "../planning/access-rules";
import { imageViolations, missingRepositoryViolation } from "../planning/image-rules";
import { idleTimeoutViolation } from "../planning/load-balancer-rules";
import { cacheNeed, cacheViolation, type CacheNeed } from "../planning/cache-need";
import { type EnvironmentPlan } from "../planning/environment-plan";
import { INSTANCE_TYPES, instanceType, type InstanceType } from "../planning/instance-types";
import { memoryNeed, memoryViolation, type MemoryNeed } from "../planning/memory-need";
import { CATALOGUE_IDS, catalogueModel, type ModelFacts } from "../planning/model-catalogue";
import { planNotes } from "../planning/plan-notes";
import { fitViolations, fleetViolation, podFit, type PodFit } from "../planning/pod-fit";
import { throughput, type Throughput } from "../planning/throughput";
import { timeBudget, type TimeBudget } from "../planning/time-budget";
import { heartbeatViolation, timeBudgetViolations } from "../planning/time-rules";
import {
  cpuCoresViolation,
  gp3Violations,
  maxReplicasViolation,
  replicasViolation,
  threadsViolation,
  type RuleViolation,
} from "../planning/workload-rules";
import { ConfigError, type ConfigProblem } from "./config-error";
import { type AppConfig } from "./schema";

/** The plan with everything it was computed from. */
export interface Assessment {
  readonly plan: EnvironmentPlan;
  readonly budget: TimeBudget;
  readonly memory: MemoryNeed;
  readonly cache: CacheNeed;
  readonly throughput: Throughput;
  /** Null on an existing cluster, whose nodes are not known. */
  readonly fit: PodFit | null;
  /** What must be changed before anything is synthesized. */
  readonly problems: readonly ConfigProblem[];
  /** What works but deserves a thought. */
  readonly notes: readonly string[];
}

/**
 * Every number of an environment.
 * @throws {ConfigError} with all problems at once
 */
export function planEnvironment(config: AppConfig): EnvironmentPlan {
  const { plan, problems } = assessEnvironment(config);
  if (problems.length > 0) throw new ConfigError(subject(config), problems);
  return plan;
}

/**
 * The same with its derivation, and with the problems as data instead of an error.
 * @throws {ConfigError} when the model or the instance type is unknown, because nothing can be computed then
 */
export function assessEnvironment(config: AppConfig): Assessment {
  const { chat } = config;
  const model = modelFacts(config);
  const instance = instanceOf(config);
  const basics = basicViolations(config, isViolation(model) ? undefined : model);
  if (isViolation(model) || isViolation(instance)) {
    throw new ConfigError(subject(config), [model, instance].filter(isViolation).concat(basics).map(problem));
  }

  const cores = Math.max(1, Math.floor(chat.cpuCores) || 1);
  const threads = Math.min(chat.threads ?? cores, cores);
  const slots = chat.parallelSlots;
  const speed = throughput(model.bytes, { threads, slots, ...(instance === undefined ? {} : { instance }) });
  const memory = memoryNeed(model, { contextSize: chat.contextSize, slots });
  const cache = cacheNeed(model.bytes);
  const replicas = chat.maxReplicas ?? chat.replicas;
  const budget = timeBudget({
    modelBytes: model.bytes,
    downloadMiBps: chat.worstDownloadMiBps,
    volumeMiBps: config.storage.throughputMiBps,
    maxTokens: chat.maxTokens,
    slowestTokensPerSecond: speed.slowest,
    requestTimeoutSeconds: chat.requestTimeoutSeconds,
    rollout: chat.cache.mode === "shared" ? "in-place" : "one-by-one",
    replicas,
    overrides: chat.timing,
  });
  const idleTimeoutSeconds = chat.exposure.type === "load-balancer" ? chat.exposure.idleTimeoutSeconds : null;
  const pod = { cpuCores: cores, memoryMiB: chat.memoryMiB };
  const fit = instance === undefined ? null : podFit(instance, pod);
  const fleet = config.target === "eks" ? { replicas, nodes: config.nodes.desiredSize } : undefined;

  const violations = [
    ...basics,
    memoryViolation(memory, chat.memoryMiB, { contextSize: chat.contextSize, slots }),
    cacheViolation(cache, chat.cache.sizeGiB),
    ...timeBudgetViolations(budget, chat.timing),
    heartbeatViolation(chat.heartbeatSeconds, idleTimeoutSeconds),
    ...(fit === null ? [] : fitViolations(fit, pod)),
    ...(fit === null || fleet === undefined ? [] : [fleetViolation(fit, fleet)]),
  ].filter((violation) => violation !== undefined);

  return {
    plan: {
      model,
      threads,
      architecture: instance?.architecture ?? null,
      probes: budget.probes,
      progressDeadlineSeconds: budget.progressDeadlineSeconds,
      terraformTimeoutSeconds: budget.terraformTimeoutSeconds,
      drainSeconds: budget.drainSeconds,
      terminationGracePeriodSeconds: budget.terminationGraceSeconds,
      heartbeatSeconds: chat.heartbeatSeconds,
      loadBalancerIdleTimeoutSeconds: idleTimeoutSeconds,
      coldStartSeconds: budget.coldStartSeconds,
      warmStartSeconds: budget.warmStartSeconds,
    },
    budget,
    memory,
    cache,
    throughput: speed,
    fit,
    problems: violations.map(problem),
    notes: planNotes({
      budget,
      instance,
      spot: config.target === "eks" && config.nodes.capacityType === "SPOT",
      requestTimeoutSeconds: chat.requestTimeoutSeconds,
      idleTimeoutSeconds,
      model,
    }),
  };
}

/** Stands for the image repository of the cluster stack, whose address only AWS knows. */
const DEFAULT_REPOSITORY = "the image repository of the cluster stack";

/** Rules that need neither the instance type nor a computed number. */
function basicViolations(config: AppConfig, model: ModelFacts | undefined): RuleViolation[] {
  const { chat, production, storage } = config;
  const { mode, sizeGiB } = chat.cache;
  const access = {
    production,
    exposure: chat.exposure.type,
    sourceCidrs: chat.exposure.type === "load-balancer" ? chat.exposure.sourceCidrs : [],
    apiKeys: chat.apiKeys.source !== "none",
  };
  return [
    stateViolation(production, config.state.type),
    ...(config.target === "eks" ? zoneViolations(config) : []),
    ...inSection("storage", config.target === "eks" ? gp3Violations({ ...storage, sizeGiB }) : []),
    ...inSection("chat", [
      replicasViolation(mode, chat.replicas),
      maxReplicasViolation(mode, chat.replicas, chat.maxReplicas),
      cpuCoresViolation(chat.cpuCores),
      threadsViolation(chat.threads, chat.cpuCores),
    ]),
    ...inSection("chat", [config.target === "eks" ? undefined : missingRepositoryViolation(chat.image.repository)]),
    ...inSection("chat", imageViolations({ ...chat.image, repository: chat.image.repository ?? DEFAULT_REPOSITORY })),
    maxTokensViolation(chat.maxTokens, chat.contextSize),
    apiKeysViolation(access),
    sourceCidrsViolation(access),
    chat.exposure.type === "load-balancer" ? idleTimeoutViolation(chat.exposure) : undefined,
    model === undefined
      ? undefined
      : licenceViolation({
          production,
          modelId: model.id,
          licence: model.licence,
          nonCommercial: model.nonCommercial,
          acceptLicense: chat.acceptLicense,
        }),
  ].filter((violation) => violation !== undefined);
}

function zoneViolations({ nodes, network }: Extract<AppConfig, { target: "eks" }>): (RuleViolation | undefined)[] {
  const zones = nodes.zones ?? [nodes.zone ?? network.zones[0] ?? ""];
  const several = nodeZonesViolation(zones);
  return several === undefined ? zones.map((zone) => nodeZoneUnknownViolation(zone, network.zones)) : [several];
}

function modelFacts({ chat: { model } }: AppConfig): ModelFacts | RuleViolation {
  if (model.source === "custom") return model;
  return (
    catalogueModel(model.id) ?? {
      subject: "chat.model.id",
      actual: model.id,
      rule: `is not in the catalogue (${CATALOGUE_IDS.join(", ")})`,
      fix: 'Choose one of these, or give the facts of your own file with source: "custom"',
    }
  );
}

function instanceOf(config: AppConfig): InstanceType | undefined | RuleViolation {
  if (config.target !== "eks") return undefined;
  const { instanceType: name } = config.nodes;
  const families = new Set(INSTANCE_TYPES.map((type) => type.name.split(".")[0]));
  return (
    instanceType(name) ?? {
      subject: "nodes.instanceType",
      actual: name,
      rule: `is not in planning/instance-types.ts (families ${[...families].join(", ")}), so nobody can say whether the pod fits it`,
      fix: 'Choose one of its types, e.g. "c8g.xlarge", or add yours with its vCPUs, memory and maximum of pods',
    }
  );
}

function isViolation(value: object | undefined): value is RuleViolation {
  return value !== undefined && "rule" in value;
}

/** Rules of a construct name their setting relative to it; the configuration has it in a section. */
function inSection(section: string, violations: readonly (RuleViolation | undefined)[]): RuleViolation[] {
  return violations
    .filter((violation) => violation !== undefined)
    .map((violation) => ({ ...violation, subject: `${section}.${violation.subject}` }));
}

function problem({ subject: path, actual, rule, fix }: RuleViolation): ConfigProblem {
  return { path, actual, rule, fix };
}

function subject({ environment }: AppConfig): string {
  return `environment "${environment}"`;
}
