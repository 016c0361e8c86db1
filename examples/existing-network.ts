import { type AppConfigInput } from "../config/schema";

/**
 * The cluster in a VPC that another team owns, with private API and two private subnets. `npm run doctor` checks what the owner
 * must provide: a way out for the nodes and free addresses.
 */
export const example: AppConfigInput = {
  environment: "existing-network",
  target: "eks",
  region: "eu-central-1",
  network: {
    existing: {
      vpcId: "vpc-0123456789abcdef0",
      subnets: {
        "eu-central-1a": { id: "subnet-0123456789abcdef0", cidr: "10.40.0.0/20" },
        "eu-central-1b": { id: "subnet-0123456789abcdef1", cidr: "10.40.16.0/20" },
      },
    },
    zones: ["eu-central-1a", "eu-central-1b"],
    natGateways: "single",
  },
  cluster: { endpoint: { publicAccess: false, deployFromInside: true } },
  nodes: { instanceType: "c7i.xlarge", capacityType: "ON_DEMAND" },
  chat: {
    namespace: "carepath-existing-network",
    model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" },
    image: { tag: "0.1.0" },
    cpuCores: 3,
    memoryMiB: 5120,
    apiKeys: { source: "none" },
  },
};
