import { type AppConfig } from "../config/schema";

/** Version of the Pod Security Standard of the namespace: that of the cluster where this project chooses it. */
export function podSecurityVersion(config: AppConfig): string {
  return config.target === "eks" ? `v${config.cluster.kubernetesVersion}` : "latest";
}
