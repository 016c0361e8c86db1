/** The kubeconfig of whoever runs a command, and the context in it that leads to the cluster of an environment. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";
import { z } from "zod";

import { clusterName } from "../../config/names";
import { type EksConfig, type ExistingClusterConfig } from "../../config/schema";

interface KubeContext {
  readonly name: string;
  /** Name of the cluster's entry. */
  readonly cluster: string;
}

/** Where the kubeconfig of an existing cluster lies. */
export function kubeconfigPath({ kubeconfigPath: path }: ExistingClusterConfig, env: NodeJS.ProcessEnv): string {
  return path.replace(/^~(?=\/)/, env["HOME"] ?? homedir());
}

/** The files that kubectl merges when no command names one. `KUBECONFIG` may list several, and not all need exist. */
export function defaultKubeconfigs(env: NodeJS.ProcessEnv): readonly string[] {
  const listed = (env["KUBECONFIG"] ?? "").split(":").filter((file) => file !== "");
  const existing = listed.filter((file) => existsSync(file));
  return existing.length > 0 ? existing : [join(env["HOME"] ?? homedir(), ".kube", "config")];
}

/** The contexts of the files; undefined when one of them cannot be read. */
export function contextsIn(files: readonly string[]): readonly KubeContext[] | undefined {
  try {
    return files.flatMap((file) => kubeconfigSchema.parse(parse(readFileSync(file, "utf8"))).contexts);
  } catch {
    return undefined;
  }
}

/**
 * The context of the cluster of an environment, by the cluster's ARN: `aws eks update-kubeconfig` names its entry of the
 * cluster so, and the context by what `--alias` says.
 */
export function contextOf(
  { environment, region }: EksConfig,
  contexts: readonly KubeContext[],
): KubeContext | undefined {
  const arn = new RegExp(`^arn:[\\w-]+:eks:${region}:\\d+:cluster/${clusterName(environment)}$`);
  return contexts.find(({ cluster }) => arn.test(cluster));
}

const kubeconfigSchema = z.object({
  contexts: z
    .array(z.object({ name: z.string(), context: z.object({ cluster: z.string() }) }))
    .nullish()
    .transform((contexts) => (contexts ?? []).map(({ name, context: { cluster } }) => ({ name, cluster }))),
});
