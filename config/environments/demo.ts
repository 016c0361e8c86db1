import { PLACEHOLDER_CIDR } from "../placeholder-cidr";
import { type AppConfigInput } from "../schema";

/**
 * Small and cheap: one node, one NAT gateway, state in a local file, no API keys because the service is reached only
 * through `kubectl port-forward` and the pods of its namespace.
 */
export const demo: AppConfigInput = {
  environment: "demo",
  target: "eks",
  region: "us-east-1",
  network: {
    vpcCidr: "10.20.0.0/16",
    zones: ["us-east-1a", "us-east-1b"],
    natGateways: "single",
    flowLogRetentionDays: 7,
  },
  cluster: {
    endpoint: {
      publicAccess: true,
      // No real network: synth and diff work at once, and deploy asks for CAREPATH_API_CIDRS.
      publicAccessCidrs: [PLACEHOLDER_CIDR],
    },
    logRetentionDays: 7,
  },
  nodes: {
    // 4 vCPU and 8 GiB: three whole cores and 5 GiB are left beside the system pods.
    instanceType: "c7i.xlarge",
    // About half the price (`planning/cost/prices.ts`); AWS may take the node back, and the next one finds the model on the volume.
    // Any type of this size will do; when AWS has none of them to spare in the zone, the pod waits. "ON_DEMAND" is the way out.
    // Its notice is two minutes, less than the drain of the longest answer, so such an answer can be cut off.
    capacityType: "SPOT",
    minSize: 1,
    desiredSize: 1,
    maxSize: 2,
  },
  chat: {
    model: { source: "catalogue", id: "qwen2.5-3b-instruct" },
    image: { tag: "0.1.0" },
    cpuCores: 3,
    memoryMiB: 5120,
    apiKeys: { source: "none" },
  },
};
