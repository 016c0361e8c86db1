import { type AppConfigInput } from "../schema";

/**
 * For real users. It names no state bucket, no image and no host: variables do, and synth refuses without them and names
 * them. docs/production.md has them in order. The API endpoint is private unless `CAREPATH_API_CIDRS`
 * names the networks that may reach it.
 */
export const production: AppConfigInput = {
  environment: "production",
  target: "eks",
  production: true,
  region: "us-east-1",
  network: {
    vpcCidr: "10.30.0.0/16",
    zones: ["us-east-1a", "us-east-1b", "us-east-1c"],
    natGateways: "per-zone",
    flowLogRetentionDays: 90,
  },
  cluster: {
    endpoint: { publicAccess: false },
    logRetentionDays: 90,
    deletionProtection: true,
  },
  nodes: {
    instanceType: "c7i.2xlarge",
    capacityType: "ON_DEMAND",
    minSize: 2,
    desiredSize: 2,
    // A node for each replica that KEDA may ask for, wherever its volume is.
    maxSize: 6,
    autoscaling: true,
    exclusiveCores: true,
  },
  podLogs: { retentionDays: 90 },
  storage: { throughputMiBps: 250 },
  chat: {
    namespace: "carepath",
    // Apache-2.0; the 3B model of the demo is for research only.
    model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" },
    image: {},
    cache: { mode: "per-replica" },
    replicas: 2,
    maxReplicas: 3,
    cpuCores: 6,
    memoryMiB: 6144,
    // Made by `kubectl create secret` between the platform stack and the chat stack: docs/production.md.
    apiKeys: { source: "existing-secret", name: "chat-keys" },
    // The host, its certificate and the clients are the account's: CAREPATH_HOST, CAREPATH_HOSTED_ZONE_ID or
    // CAREPATH_CERTIFICATE_ARN, CAREPATH_SOURCE_CIDRS.
    exposure: { type: "https", scheme: "internet-facing" },
  },
};
