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
  if (chat.engine.type === "vllm") return undefined; // their own nodes follow their number
  const replicas = chat.maxReplicas ?? chat.replicas;
  const key = nodes.autoscaling ? "maxSize" : "desiredSize";
  const size = nodes[key];
  if (fit === null || fit.podsPerNode === 0 || replicas <= fit.podsPerNode * size) return undefined;
  const held = fit.podsPerNode * size;
  const why = nodes.autoscaling ? "no more nodes are added" : "nothing adds nodes without nodes.autoscaling";
  return {
    path: `nodes.${key}`,
    actual: size,
    rule:
      `must hold ${replicas} chat pods, and ${size} x ${fit.instance.name} ${size === 1 ? "holds" : "hold"} ${held}: ` +
      `the others would stay Pending, because ${why}`,
    fix: `Write ${key}: ${Math.ceil(replicas / fit.podsPerNode)}`,
  };
});

const roomToScale = onEks(({ config: { nodes } }) => {
  const { autoscaling, minSize, maxSize } = nodes;
  if (!autoscaling || maxSize > minSize) return undefined;
  return {
    path: "nodes.maxSize",
    actual: maxSize,
    rule: `must be more than minSize (${minSize}), or the Cluster Autoscaler has nothing to do`,
    fix: `Write maxSize: ${minSize + 1}, or autoscaling: false`,
  };
});

export const nodeRules: readonly Rule[] = [
  notBelowMinSize,
  notAboveMaxSize,
  zoneHasSubnets,
  enoughForTheReplicas,
  roomToScale,
];
