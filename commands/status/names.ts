import { clusterName, stackNames } from "../../config/names";
import { type AppConfig } from "../../config/schema";

/** Assignments for a shell: the names that the commands of docs/runbook.md use. */
export function nameAssignments(config: AppConfig): string[] {
  const { name, namespace, cache, engine } = config.chat;
  const shared = cache.mode === "shared";
  // vLLM keeps its model on the disk of the node, and its chart names the Deployment.
  const ofEngine = { WORKLOAD: `deployment/vllm-${name}-deployment-vllm` };
  const ofService = {
    WORKLOAD: `${shared ? "deployment" : "statefulset"}/${name}`,
    /** Of a StatefulSet, the claim of its first replica. */
    CLAIM: shared ? `${name}-model-cache` : `model-cache-${name}-0`,
  };
  const names = {
    NAMESPACE: namespace,
    APP: name,
    ...(engine.type === "vllm" ? ofEngine : ofService),
    CHAT_STACK: stackNames(config.environment).chat,
    ...(config.target === "eks" && { CLUSTER: clusterName(config.environment), REGION: config.region }),
  };
  return Object.entries(names).map(([variable, value]) => `export ${variable}=${value}`);
}
