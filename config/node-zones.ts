import { type EksConfig } from "./schema";

/** The nodes of one zone, out of the sizes of the whole cluster. */
export interface NodesOfZone {
  readonly zone: string;
  readonly minSize: number;
  readonly desiredSize: number;
  readonly maxSize: number;
}

/**
 * Where the nodes are. One cache volume for all pods keeps them in one zone, because an EBS volume cannot leave it; with a
 * volume for each replica they are in every zone, as evenly as the sizes allow.
 */
export function nodesByZone({ nodes, network, chat }: EksConfig): NodesOfZone[] {
  const { minSize, desiredSize, maxSize } = nodes;
  const zones = zonesOfNodes(nodes.zone, network.zones, chat.cache.mode);
  return zones
    .map((zone, index) => ({
      zone,
      minSize: share(minSize, zones.length, index),
      desiredSize: share(desiredSize, zones.length, index),
      maxSize: share(maxSize, zones.length, index),
    }))
    .filter((each) => each.maxSize > 0);
}

/** GPU nodes: one for each replica, in as many zones as there are. Empty where the engine needs none. */
export function gpuNodesByZone({ network: { zones }, chat }: EksConfig): NodesOfZone[] {
  if (chat.engine.type !== "vllm") return [];
  return zones
    .map((zone, index) => ({ zone, size: share(chat.replicas, zones.length, index) }))
    .filter(({ size }) => size > 0)
    .map(({ zone, size }) => ({ zone, minSize: size, desiredSize: size, maxSize: size }));
}

/** Zones with a NAT gateway of ours: `per-zone` means each zone that has nodes. */
export function natZones(config: EksConfig): string[] {
  if (config.network.existing !== undefined) return [];
  const used = [...nodesByZone(config), ...gpuNodesByZone(config)].map(({ zone }) => zone);
  const zones = [...new Set(used)];
  return config.network.natGateways === "per-zone" ? zones : zones.slice(0, 1);
}

function zonesOfNodes(chosen: string | undefined, all: readonly string[], cache: "shared" | "per-replica"): string[] {
  if (chosen !== undefined) return [chosen];
  return cache === "per-replica" ? [...all] : all.slice(0, 1);
}

/** The `index`-th part of `total` in `parts` parts that differ by one at most. */
function share(total: number, parts: number, index: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0);
}
