import { MIB } from "../byte-units";
import { GP3 } from "../catalogue/gp3";
import { type InstanceType } from "../catalogue/instance-types";
import { HOURS_PER_MONTH, PRICES, SPOT_SHARE, instanceHour } from "./prices";

/** What an environment is made of, as far as it is billed. */
export interface CostInput {
  readonly instance: InstanceType;
  readonly capacityType: "ON_DEMAND" | "SPOT";
  readonly nodes: number;
  readonly nodeDiskGiB: number;
  /** Nodes with a GPU, each with its own download of the image and the model. @default none */
  readonly gpuNodes?: {
    readonly instanceType: string;
    readonly nodes: number;
    readonly diskGiB: number;
    readonly imageMiB: number;
  } | null;
  /** Cache volumes: one for each replica; none where the model is on the disk of the node. */
  readonly volumes: number;
  readonly volumeGiB: number;
  readonly iops: number;
  readonly throughputMiBps: number;
  readonly natGateways: number;
  /** Public addresses of the load balancer: one a zone when it faces the internet; null without one. */
  readonly loadBalancer: { readonly kind: "application" | "network"; readonly publicAddresses: number } | null;
  readonly logRetentionDays: number;
  /** Null where the logs of the pods stay on their nodes. */
  readonly podLogRetentionDays: number | null;
  readonly modelBytes: number;
}

/** One line of the bill. */
export interface CostLine {
  readonly name: string;
  readonly monthly: number;
  /** Quantity and unit price. */
  readonly basis: string;
  /** How to make it smaller. */
  readonly cut: string;
}

export interface MonthlyCost {
  /** Dearest first. */
  readonly lines: readonly CostLine[];
  readonly total: number;
}

/** Traffic and logs of a small service. Assumptions: nothing of it can be known before it runs. */
const ASSUMED_USAGE = {
  /** Through each environment's NAT: the model once for each volume, system images, package look-ups; ECR layers do not. */
  natGb: 10,
  /** All five control-plane logs of a quiet cluster, and the VPC flow logs. */
  logGb: 8,
  /** One line for each request and each step of a start: a few million requests. */
  podLogGb: 2,
  /** Capacity units of the load balancer: one covers 100,000 connections a minute and a GB an hour. */
  loadBalancerUnits: 1,
  /** Answers and pages to clients outside of AWS: text, so little of it. */
  internetGb: 10,
  /** A few versions of the image. */
  imageGb: 1,
} as const;

/** Monthly bill of an environment, USD. */
export function monthlyCost(input: CostInput): MonthlyCost {
  const lines = [
    controlPlane(),
    nodes(input),
    ...gpuNodes(input),
    disks(input),
    ...caches(input),
    ...natGateways(input),
    ...loadBalancers(input),
    logs(input),
    internetTraffic(),
    other(),
  ].sort((a, b) => b.monthly - a.monthly || a.name.localeCompare(b.name));
  return { lines, total: lines.reduce((total, { monthly }) => total + monthly, 0) };
}

function controlPlane(): CostLine {
  return {
    name: "EKS control plane",
    monthly: PRICES.controlPlaneHour * HOURS_PER_MONTH,
    basis: `1 x ${usd(PRICES.controlPlaneHour)}/h`,
    cut: "share one cluster between environments (target: existing-cluster), or destroy what is not used: it is billed while it exists",
  };
}

function nodes({ instance, nodes: count, capacityType }: CostInput): CostLine {
  const hour = instanceHour(instance.name) * (capacityType === "SPOT" ? SPOT_SHARE : 1);
  return {
    name: `nodes, ${instance.name}${capacityType === "SPOT" ? " spot" : ""}`,
    monthly: count * hour * HOURS_PER_MONTH,
    basis: `${count} x ${usd(hour)}/h${capacityType === "SPOT" ? ` (spot, about ${SPOT_SHARE * 100} % of on demand)` : ""}`,
    cut: [
      ...(capacityType === "SPOT" ? [] : ["capacityType SPOT (about half)"]),
      ...(instance.architecture === "arm64" ? [] : ["a Graviton type (see --compare)"]),
      "a savings plan for what runs all year, or destroy for an environment that is idle at night",
    ].join(", "),
  };
}

function gpuNodes({ gpuNodes: gpu = null }: CostInput): CostLine[] {
  if (gpu === null) return [];
  const hour = instanceHour(gpu.instanceType);
  return [
    {
      name: `GPU nodes, ${gpu.instanceType}`,
      monthly: gpu.nodes * (hour * HOURS_PER_MONTH + gpu.diskGiB * PRICES.gp3GbMonth),
      basis: `${gpu.nodes} x ${usd(hour)}/h and ${gpu.diskGiB} GiB gp3`,
      cut: "one replica, where an hour without answers may be, or a savings plan",
    },
  ];
}

function disks({ nodes: count, nodeDiskGiB }: CostInput): CostLine {
  return {
    name: "node disks",
    monthly: count * nodeDiskGiB * PRICES.gp3GbMonth,
    basis: `${count} x ${nodeDiskGiB} GiB gp3`,
    cut: "a smaller nodes.diskGiB (20 is enough for the images)",
  };
}

function caches({ volumes, volumeGiB, iops, throughputMiBps }: CostInput): CostLine[] {
  if (volumes === 0) return [];
  const each =
    volumeGiB * PRICES.gp3GbMonth +
    Math.max(0, iops - GP3.baselineIops) * PRICES.gp3IopsMonth +
    Math.max(0, throughputMiBps - GP3.baselineThroughputMiBps) * PRICES.gp3MibpsMonth;
  return [
    {
      name: "model cache volumes",
      monthly: volumes * each,
      basis: `${volumes} x ${volumeGiB} GiB gp3, ${iops} iops, ${throughputMiBps} MiB/s`,
      cut: "baseline iops and throughput: they only shorten the start",
    },
  ];
}

function natGateways({ natGateways: count, modelBytes, volumes, gpuNodes: gpu = null }: CostInput): CostLine[] {
  if (count === 0) return [];
  const gpuGb = gpu === null ? 0 : (gpu.nodes * (modelBytes + gpu.imageMiB * MIB)) / 1e9;
  const gb = ASSUMED_USAGE.natGb + (volumes * modelBytes) / 1e9 + gpuGb;
  return [
    {
      name: "NAT gateways",
      monthly: count * (PRICES.natGatewayHour + PRICES.publicIpv4Hour) * HOURS_PER_MONTH + gb * PRICES.natGatewayGb,
      basis: `${count} x (${usd(PRICES.natGatewayHour)} + address ${usd(PRICES.publicIpv4Hour)})/h, ${gb.toFixed(0)} GB x ${usd(PRICES.natGatewayGb)}`,
      cut:
        count > 1
          ? 'natGateways "single": the other zones then pay for traffic between zones, and lose their way out with its zone'
          : "a mirror of the model inside the VPC and interface endpoints for ECR and EKS would replace it, at $7.30 a month for each endpoint and zone",
    },
  ];
}

function loadBalancers({ loadBalancer }: CostInput): CostLine[] {
  if (loadBalancer === null) return [];
  const { loadBalancerUnits: units } = ASSUMED_USAGE;
  return [
    {
      name: "load balancer",
      monthly:
        (PRICES.loadBalancerHour +
          units *
            (loadBalancer.kind === "application"
              ? PRICES.applicationLoadBalancerUnitHour
              : PRICES.loadBalancerUnitHour) +
          loadBalancer.publicAddresses * PRICES.publicIpv4Hour) *
        HOURS_PER_MONTH,
      basis: `1 x ${usd(PRICES.loadBalancerHour)}/h, ${units} capacity unit, ${loadBalancer.publicAddresses} public addresses`,
      cut: "exposure cluster-ip with kubectl port-forward, or one ingress shared with other services",
    },
  ];
}

function logs({ logRetentionDays, podLogRetentionDays }: CostInput): CostLine {
  const { logGb, podLogGb } = ASSUMED_USAGE;
  const podGb = podLogRetentionDays === null ? 0 : podLogGb;
  const kept = logGb * (logRetentionDays / 30) + podGb * ((podLogRetentionDays ?? 0) / 30);
  return {
    name: "logs",
    monthly: (logGb + podGb) * PRICES.logIngestionGb + kept * PRICES.logStorageGbMonth,
    basis: `${logGb + podGb} GB x ${usd(PRICES.logIngestionGb)}, ${kept.toFixed(0)} GB kept (${logRetentionDays} days)`,
    cut: "ingestion is what costs: fewer control-plane log types, or flow logs to S3",
  };
}

function internetTraffic(): CostLine {
  const { internetGb: gb } = ASSUMED_USAGE;
  const { internetGb: price, internetFreeGb: free } = PRICES;
  return {
    name: "traffic to the internet",
    monthly: Math.max(0, gb - free) * price,
    basis: `${gb} GB; ${free} GB of an account are free, then ${usd(price)} a GB`,
    cut: "clients inside the VPC, or CloudFront, whose traffic is cheaper",
  };
}

function other(): CostLine {
  const { imageGb } = ASSUMED_USAGE;
  return {
    name: "key and images",
    monthly: PRICES.kmsKeyMonth + imageGb * PRICES.ecrGbMonth,
    basis: `1 KMS key (${usd(PRICES.kmsRotationMonth)} more from each of two yearly rotations), ${imageGb} GB in ECR`,
    cut: "nothing worth the effort",
  };
}

function usd(amount: number): string {
  return `$${amount.toFixed(4).replace(/0{1,2}$/, "")}`;
}
