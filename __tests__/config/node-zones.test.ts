import { gpuNodesByZone, natZones, nodesByZone } from "../../config/node-zones";
import { eksConfig } from "../helpers/sample-config";

const ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
const NODES = {
  instanceType: "m7g.xlarge",
  capacityType: "ON_DEMAND",
  minSize: 2,
  desiredSize: 3,
  maxSize: 4,
} as const;

const config = (mode: "shared" | "per-replica", more: { nodes?: object; natGateways?: "single" | "per-zone" } = {}) =>
  eksConfig(
    { cache: { mode } },
    {
      network: { zones: ZONES, natGateways: more.natGateways ?? "per-zone" },
      nodes: { ...NODES, ...more.nodes },
    },
  );

it("one volume for all keeps all nodes and their NAT gateway in one zone", () => {
  expect(nodesByZone(config("shared"))).toEqual([{ zone: ZONES[0], minSize: 2, desiredSize: 3, maxSize: 4 }]);
  expect(natZones(config("shared"))).toEqual([ZONES[0]]);
  expect(natZones(config("shared", { nodes: { zone: ZONES[1] }, natGateways: "single" }))).toEqual([ZONES[1]]);
});

it("a volume for each replica divides the sizes over the zones", () => {
  expect(nodesByZone(config("per-replica"))).toEqual([
    { zone: ZONES[0], minSize: 1, desiredSize: 1, maxSize: 2 },
    { zone: ZONES[1], minSize: 1, desiredSize: 1, maxSize: 1 },
    { zone: ZONES[2], minSize: 0, desiredSize: 1, maxSize: 1 },
  ]);
  expect(natZones(config("per-replica"))).toEqual(ZONES);
  expect(natZones(config("per-replica", { natGateways: "single" }))).toEqual([ZONES[0]]);
});

it("no group that can have no node, and a zone that is chosen stays the only one", () => {
  const zones = (nodes: object) => nodesByZone(config("per-replica", { nodes })).map(({ zone }) => zone);
  expect(zones({ minSize: 1, desiredSize: 2, maxSize: 2 })).toEqual(ZONES.slice(0, 2));
  expect(zones({ zone: ZONES[2] })).toEqual([ZONES[2]]);
});

it("an existing network has its own way out", () => {
  const subnets = Object.fromEntries(ZONES.map((zone) => [zone, { id: "subnet-1", cidr: "10.0.0.0/24" }]));
  const { network, ...rest } = config("shared");
  expect(
    natZones({ ...rest, network: { ...network, existing: { vpcId: "vpc-1", subnets, loadBalancerSubnets: {} } } }),
  ).toEqual([]);
});

it("GPU nodes are as many as the replicas, over the zones, and have their way out", () => {
  const engine = { type: "vllm", instanceType: "g6.xlarge", diskGiB: 100 } as const;
  const { chat, ...rest } = config("per-replica", { nodes: { minSize: 1, desiredSize: 1, maxSize: 1 } });
  const gpus = (replicas: number) => ({ ...rest, chat: { ...chat, engine, replicas } });
  expect(gpuNodesByZone({ ...rest, chat })).toEqual([]);
  expect(gpuNodesByZone(gpus(2)).map(({ zone, minSize, maxSize }) => [zone, minSize, maxSize])).toEqual([
    [ZONES[0], 1, 1],
    [ZONES[1], 1, 1],
  ]);
  expect(gpuNodesByZone(gpus(4)).map(({ desiredSize }) => desiredSize)).toEqual([2, 1, 1]);
  expect(natZones(gpus(2))).toEqual(ZONES.slice(0, 2));
});
