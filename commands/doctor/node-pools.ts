import { gpuNodesByZone, nodesByZone } from "../../config/node-zones";
import { type EksConfig } from "../../config/schema";
import { gpuInstanceType } from "../../planning/catalogue/gpu-instance-types";
import { instanceType, typesOfSameSize } from "../../planning/catalogue/instance-types";
import { type Finding } from "./check";

/** Nodes of one kind, as far as the account must have room for them. */
export interface NodePool {
  /** Setting that names the type. */
  readonly setting: string;
  readonly instanceTypes: readonly [string, ...string[]];
  readonly capacityType: "ON_DEMAND" | "SPOT";
  readonly zones: readonly string[];
  readonly desiredSize: number;
  readonly maxSize: number;
  /** Undefined for a type that is not in the table. */
  readonly vcpus: number | undefined;
  readonly gpu: boolean;
}

export function nodePools(config: EksConfig): readonly NodePool[] {
  const { instanceType: type, capacityType, desiredSize, maxSize } = config.nodes;
  const others = capacityType === "SPOT" ? typesOfSameSize(type).slice(1) : [];
  const pool: NodePool = {
    setting: "nodes.instanceType",
    instanceTypes: [type, ...others],
    capacityType,
    zones: nodesByZone(config).map(({ zone }) => zone),
    desiredSize,
    maxSize,
    vcpus: instanceType(type)?.vcpus,
    gpu: false,
  };
  const { engine, replicas } = config.chat;
  if (engine.type !== "vllm") return [pool];
  const zones = gpuNodesByZone(config).map(({ zone }) => zone);
  const gpuPool: NodePool = {
    setting: "chat.engine.instanceType",
    instanceTypes: [engine.instanceType],
    capacityType: "ON_DEMAND",
    zones,
    desiredSize: replicas,
    // Terraform updates the groups at the same time, and EKS starts up to two nodes in a zone before it ends an old one.
    // https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
    maxSize: replicas + 2 * zones.length,
    vcpus: gpuInstanceType(engine.instanceType)?.vcpus,
    gpu: true,
  };
  return [pool, gpuPool];
}

const ORDER = ["problem", "warning", "skipped", "ok"] as const;

/** One finding for all pools: the worst, or all of them where there is nothing to do. */
export function together(findings: readonly Finding[]): Finding {
  const level = ORDER.find((each) => findings.some((finding) => finding.level === each)) ?? "ok";
  const chosen = findings.filter((finding) => finding.level === level);
  const fixes = chosen.flatMap(({ fix }) => fix ?? []);
  const detail = chosen.map((finding) => finding.detail).join("; ");
  return { level, detail, ...(fixes.length === 0 ? {} : { fix: fixes.join(" ") }) };
}
