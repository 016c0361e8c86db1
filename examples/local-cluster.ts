import { type AppConfigInput } from "../config/schema";

/** k3d or k3s on this machine: its own StorageClass, and the quick model of 98 MB. Triage is off with it. */
export const example: AppConfigInput = {
  environment: "local-cluster",
  target: "existing-cluster",
  kubeconfigContext: "k3d-carepath",
  storage: { className: "local-path" },
  chat: {
    namespace: "carepath-local-cluster",
    model: { source: "catalogue", id: "smollm2-135m-instruct" },
    // `k3d image import carepath-chat:local --cluster carepath` brings it there.
    image: { repository: "carepath-chat", tag: "local" },
    cache: { sizeGiB: 1 },
    cpuCores: 1,
    memoryMiB: 1024,
    apiKeys: { source: "none" },
  },
};
