import { type AppConfigInput } from "../schema";

/** The chat stack alone, on a cluster that a kubeconfig context names: kind, minikube, k3d. */
export const local: AppConfigInput = {
  environment: "local",
  target: "existing-cluster",
  kubeconfigContext: "kind-carepath",
  // The class that kind installs; minikube's is "standard" as well, k3d's is "local-path".
  storage: { className: "standard" },
  chat: {
    model: { source: "catalogue", id: "qwen2.5-0.5b-instruct" },
    // Loaded into the nodes by `kind load docker-image`; there is no registry.
    image: { repository: "carepath-chat", tag: "local" },
    cpuCores: 2,
    memoryMiB: 2048,
    apiKeys: { source: "none" },
  },
};
