import { contextOf, contextsIn, defaultKubeconfigs, kubeconfigPath } from "../lib/kubeconfig";
import { type CheckContext } from "./check";

/** A cluster that does not answer must not hold the other checks up. */
const TIMEOUT = "--request-timeout=10s";

/** What kubectl says at the cluster of the environment; undefined when it is missing, fails, or knows no such cluster. */
export function askCluster({ config, env, run }: CheckContext, args: readonly string[]): string | undefined {
  if (config.target === "existing-cluster") {
    const cluster = ["--kubeconfig", kubeconfigPath(config, env), "--context", config.kubeconfigContext];
    return run("kubectl", [...cluster, TIMEOUT, ...args]);
  }
  const context = contextOf(config, contextsIn(defaultKubeconfigs(env)) ?? []);
  return context === undefined ? undefined : run("kubectl", ["--context", context.name, TIMEOUT, ...args]);
}
