import { planCapacity } from "../../config/plan";
import { type AppConfig } from "../../config/schema";
import { errorLine } from "../lib/command-line";
import { Kubectl } from "../lib/kubectl";

/** Beyond the grace period: the kubelet unmounts the volume, the API server forgets the pod. */
const CLEAN_UP_SECONDS = 60;

/** How `kubectl wait` fails where there is nothing to wait for. */
const NO_POD_LEFT = "no matching resources found";

/**
 * Scales the replicas to none and waits for their last answers. The Kubernetes provider deletes a StatefulSet in the background:
 * Terraform would take the NetworkPolicy and the Secret away while the pods still drain. Where the cluster cannot be asked,
 * the destroy goes on without it.
 */
export async function drainReplicas(
  config: AppConfig,
  say: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const { name, cache, engine } = config.chat;
  if (cache.mode !== "per-replica" || engine.type === "vllm") return; // Helm waits for the pods of its release
  const seconds = planCapacity(config).plan.terminationGracePeriodSeconds + CLEAN_UP_SECONDS;
  say(`Waiting for the last answers of the replicas, at most ${seconds} s`);
  try {
    await Kubectl.with(config, env, async (kubectl) => {
      await kubectl.run("scale", `statefulset/${name}`, "--replicas=0");
      const pods = ["pod", "--selector", `app.kubernetes.io/name=${name}`];
      await kubectl.run("wait", "--for=delete", ...pods, `--timeout=${seconds}s`);
    });
  } catch (error) {
    if (errorLine(error).includes(NO_POD_LEFT)) return;
    say(`The replicas may still drain while the rest is deleted: ${errorLine(error)}`);
  }
}
