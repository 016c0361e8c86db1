import { PLACEHOLDER_CIDR } from "../config/placeholder-cidr";
import { type AppConfigInput } from "../config/schema";

/**
 * Two replicas behind HTTPS at your own domain: the chat stack makes the certificate and the record in the Route 53 zone.
 * Before the chat stack, create the Secret: `kubectl --namespace carepath-https create secret generic chat-keys --from-file=keys=FILE`.
 */
export const example: AppConfigInput = {
  environment: "https",
  target: "eks",
  region: "eu-central-1",
  network: { zones: ["eu-central-1a", "eu-central-1b"], natGateways: "single" },
  cluster: {
    // No real address: deploy asks for CAREPATH_API_CIDRS.
    endpoint: { publicAccess: true, publicAccessCidrs: [PLACEHOLDER_CIDR] },
  },
  nodes: { instanceType: "c7i.xlarge", capacityType: "ON_DEMAND", desiredSize: 2, maxSize: 3 },
  chat: {
    namespace: "carepath-https",
    model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" },
    image: { tag: "0.1.0" },
    cache: { mode: "per-replica" },
    replicas: 2,
    cpuCores: 3,
    memoryMiB: 5120,
    apiKeys: { source: "existing-secret", name: "chat-keys" },
    exposure: {
      type: "https",
      scheme: "internet-facing",
      host: "chat.example.com",
      hostedZoneId: "Z0123456789ABCDEFGHIJ",
      sourceCidrs: ["0.0.0.0/0"],
    },
  },
};
