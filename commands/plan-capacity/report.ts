import { assessEnvironment, type Assessment } from "../../config/assessment";
import { natZones } from "../../config/node-zones";
import { type AppConfig, type EksConfig } from "../../config/schema";
import { instanceType } from "../../planning/catalogue/instance-types";
import { monthlyCost, type CostInput } from "../../planning/cost/monthly-cost";
import { PRICES_DATE, PRICES_REGION } from "../../planning/cost/prices";
import { VLLM_TIMES } from "../../planning/time/vllm-times";

/** Everything that the command shows, as `--json` prints it. */
export type CapacityReport = ReturnType<typeof capacityReport>;
export type CostReport = NonNullable<ReturnType<typeof costReport>>;

/** @throws {ConfigError} when the configuration cannot be assessed */
export function capacityReport(config: AppConfig) {
  const { chat } = config;
  const assessment = assessEnvironment(config);
  return {
    environment: config.environment,
    production: config.production,
    assessment,
    service: {
      cpuCores: chat.cpuCores,
      memoryMiB: chat.memoryMiB,
      contextSize: chat.contextSize,
      parallelSlots: chat.parallelSlots,
      cacheGiB: chat.cache.sizeGiB,
      replicas: chat.replicas,
      maxReplicas: chat.maxReplicas ?? null,
      nodes: config.target !== "eks" ? null : chat.engine.type === "vllm" ? chat.replicas : config.nodes.desiredSize,
      exclusiveCores: config.target === "eks" && config.nodes.exclusiveCores,
    },
    /** Null on an existing cluster: its bill is its owner's. */
    cost: config.target === "eks" ? costReport(config, assessment) : null,
  };
}

/** What the bill depends on and a plan may vary. */
export interface BilledCounts {
  readonly nodes: number;
  /** Volumes of the model cache. */
  readonly volumes: number;
}

/** Null where the instance type is not known. */
export function costReport(config: EksConfig, { plan }: Assessment, counts: BilledCounts = configuredCounts(config)) {
  const { chat, nodes, network, storage, cluster } = config;
  const instance = instanceType(nodes.instanceType);
  if (instance === undefined) return null;
  const { exposure } = chat;
  const input: CostInput = {
    instance,
    gpuNodes:
      chat.engine.type === "vllm" ? { ...chat.engine, nodes: chat.replicas, imageMiB: VLLM_TIMES.imageMiB } : null,
    capacityType: nodes.capacityType,
    ...counts,
    nodeDiskGiB: nodes.diskGiB,
    volumeGiB: chat.cache.sizeGiB,
    iops: storage.iops,
    throughputMiBps: storage.throughputMiBps,
    natGateways: natZones(config).length,
    loadBalancer:
      exposure.type === "cluster-ip"
        ? null
        : {
            kind: exposure.type === "https" ? "application" : "network",
            publicAddresses: exposure.scheme === "internet-facing" ? network.zones.length : 0,
          },
    logRetentionDays: cluster.logRetentionDays,
    podLogRetentionDays: config.podLogs?.retentionDays ?? null,
    modelBytes: config.modelMirror === undefined ? plan.model.bytes : 0, // a mirror in the VPC needs no NAT
  };
  return {
    ...monthlyCost(input),
    region: config.region,
    pricesOf: PRICES_DATE,
    pricesRegion: PRICES_REGION,
    capacityType: nodes.capacityType,
    totalOnDemand: monthlyCost({ ...input, capacityType: "ON_DEMAND" }).total,
    totalSpot: monthlyCost({ ...input, capacityType: "SPOT" }).total,
  };
}

function configuredCounts({ chat, nodes }: EksConfig): BilledCounts {
  if (chat.engine.type === "vllm") return { nodes: nodes.desiredSize, volumes: 0 };
  return {
    nodes: nodes.desiredSize,
    volumes: chat.cache.mode === "shared" ? 1 : (chat.maxReplicas ?? chat.replicas),
  };
}
