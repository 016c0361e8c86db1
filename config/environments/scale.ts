import { type AppConfigInput } from "../schema";

/**
 * For more users than CPUs serve cheaply, some 250 by docs/scaling.md: the same API, keys, ingress, logs and diff as
 * production, with vLLM on GPU nodes. It runs beside production until the DNS record has moved.
 */
export const scale: AppConfigInput = {
  environment: "scale",
  target: "eks",
  production: true,
  region: "us-east-1",
  network: {
    vpcCidr: "10.40.0.0/16",
    zones: ["us-east-1a", "us-east-1b", "us-east-1c"],
    natGateways: "per-zone",
    flowLogRetentionDays: 90,
  },
  cluster: {
    endpoint: { publicAccess: false },
    logRetentionDays: 90,
    deletionProtection: true,
  },
  // The controllers of the cluster; GPU nodes are tainted and run the engine only.
  nodes: { instanceType: "c7i.large", capacityType: "ON_DEMAND", minSize: 2, desiredSize: 2, maxSize: 2 },
  podLogs: { retentionDays: 90 },
  chat: {
    namespace: "carepath",
    engine: { type: "vllm", instanceType: "g6.xlarge", toolCallParser: "hermes" },
    // The model of production, with all of its bits.
    model: {
      source: "hub",
      id: "qwen2.5-1.5b-instruct",
      repository: "Qwen/Qwen2.5-1.5B-Instruct",
      revision: "989aa7980e4cf806f80c7fef2b1adb7bc71aa306",
      bytes: 3_087_467_144,
      licence: "Apache-2.0",
      shape: { layers: 28, keyValueHeads: 2, headSize: 128 },
    },
    // The digest of linux/amd64. It needs a driver of branch 580, which the node image has.
    image: {
      repository: "vllm/vllm-openai",
      tag: "v0.27.1",
      digest: "sha256:c2f3b1b964e47809b722b5e75b61b1e7b39a50f70388cf2bf2418f16a9f31da2",
    },
    // Each replica downloads the model to the disk of its node: a third of what that disk writes.
    cache: { mode: "per-replica" },
    worstDownloadMiBps: 40,
    replicas: 2,
    parallelSlots: 16,
    maxQueue: 64,
    cpuCores: 3,
    memoryMiB: 10_240,
    apiKeys: { source: "existing-secret", name: "chat-keys" },
    exposure: { type: "https", scheme: "internet-facing" },
  },
};
