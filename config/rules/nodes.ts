import { onEks, type Rule } from "./rule";

const notBelowMinSize = onEks(({ config: { nodes } }) => {
  const { minSize, desiredSize } = nodes;
  if (desiredSize >= minSize) return undefined;
  return {
    path: "nodes.desiredSize",
    actual: desiredSize,
    rule: `must not be below minSize (${minSize})`,
    fix: `Write desiredSize: ${minSize}, or minSize: ${desiredSize}`,
  };
});

const notAboveMaxSize = onEks(({ config: { nodes } }) => {
  const { desiredSize, maxSize } = nodes;
  if (desiredSize <= maxSize) return undefined;
  return {
    path: "nodes.desiredSize",
    actual: desiredSize,
    rule: `must not be above maxSize (${maxSize})`,
    fix: `Write desiredSize: ${maxSize}, or maxSize: ${desiredSize}`,
  };
});

const zoneHasSubnets = onEks(({ config: { nodes, network } }) => {
  const { zone } = nodes;
  if (zone === undefined || network.zones.includes(zone)) return undefined;
  return {
    path: "nodes.zone",
    actual: zone,
    rule: `must be one of network.zones (${network.zones.join(", ")}), where the subnets are`,
    fix: `Write zone: "${network.zones[0] ?? ""}", or remove it`,
  };
});

/** Replicas beyond what the nodes hold stay Pending. */
const enoughForTheReplicas = onEks(({ config: { chat, nodes }, capacity: { fit } }) => {
  const replicas = chat.maxReplicas ?? chat.replicas;
  const { desiredSize } = nodes;
  if (fit === null || fit.podsPerNode === 0 || replicas <= fit.podsPerNode * desiredSize) return undefined;
  const held = fit.podsPerNode * desiredSize;
  return {
    path: "nodes.desiredSize",
    actual: desiredSize,
    rule:
      `must hold ${replicas} chat pods, and ${desiredSize} x ${fit.instance.name} ${desiredSize === 1 ? "holds" : "hold"} ${held}: ` +
      "the others would stay Pending, because nothing here adds nodes",
    fix: `Write desiredSize: ${Math.ceil(replicas / fit.podsPerNode)}`,
  };
});

export const nodeRules: readonly Rule[] = [notBelowMinSize, notAboveMaxSize, zoneHasSubnets, enoughForTheReplicas];
