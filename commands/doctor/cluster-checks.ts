/** What an existing cluster says of itself, through kubectl. */
import { z } from "zod";

import { type ExistingClusterConfig } from "../../config/schema";
import { withinSkew } from "../lib/versions";
import { askCluster } from "./ask-cluster";
import { type Check, check, type CheckContext, type Finding, ok, problem, skipped, warning } from "./check";

export const clusterCheck = existingClusterCheck("cluster", (config, ask) => {
  const answer = ask(versionSchema, "version");
  const context = `context ${config.kubeconfigContext}`;
  if (answer === undefined) {
    return problem(
      `${context} does not answer`,
      "Start the cluster, e.g. `kind create cluster --name carepath`, or name another with CAREPATH_KUBE_CONTEXT.",
    );
  }
  const [client, server] = [answer.clientVersion.gitVersion, answer.serverVersion.gitVersion];
  if (withinSkew(client, server)) return ok(`${context} answers, ${server}`);
  return warning(
    `${context} answers, ${server}; kubectl is ${client}, and it may be one minor version apart`,
    `Install kubectl ${server}.`,
  );
});

export const storageClassCheck = existingClusterCheck("StorageClass", (config, ask) => {
  const answer = ask(listSchema, "get", "storageclasses");
  if (answer === undefined) return skipped("the cluster does not answer");
  const names = answer.items.map(({ metadata }) => metadata.name);
  const wanted = config.storage.className;
  if (names.includes(wanted)) return ok(wanted);
  return problem(
    `no class "${wanted}" (the cluster has: ${names.length === 0 ? "none" : names.join(", ")})`,
    names[0] === undefined
      ? "Install a provisioner of volumes: the model cache is a PersistentVolumeClaim."
      : `Set CAREPATH_STORAGE_CLASS=${names[0]}.`,
  );
});

export const nodeRoomCheck = existingClusterCheck("room on a node", (config, ask) => {
  const answer = ask(nodesSchema, "get", "nodes");
  if (answer === undefined) return skipped("the cluster does not answer");
  const { cpuCores, memoryMiB } = config.chat;
  const nodes = answer.items.map(({ metadata, status: { allocatable } }) => ({
    text: `${metadata.name}: ${cores(allocatable.cpu)} cores, ${mebibytes(allocatable.memory)} MiB`,
    fits: cores(allocatable.cpu) >= cpuCores && mebibytes(allocatable.memory) >= memoryMiB,
  }));
  const fitting = nodes.find(({ fits }) => fits);
  const need = `the pod asks for ${cpuCores} and ${memoryMiB}`;
  if (fitting !== undefined) return ok(`${fitting.text} allocatable; ${need}, beside what runs there already`);
  return problem(
    `no node is large enough (${nodes.map(({ text }) => text).join("; ")}); ${need}`,
    "Give the cluster's machine more, or lower chat.cpuCores and chat.memoryMiB in the environment's file.",
  );
});

const versionSchema = z.object({
  clientVersion: z.object({ gitVersion: z.string() }),
  serverVersion: z.object({ gitVersion: z.string() }),
});
const named = z.object({ name: z.string() });
const listSchema = z.object({ items: z.array(z.object({ metadata: named })) });
const nodesSchema = z.object({
  items: z.array(
    z.object({
      metadata: named,
      status: z.object({ allocatable: z.object({ cpu: z.string(), memory: z.string() }) }),
    }),
  ),
});

/** What kubectl says, parsed; undefined when it is missing, fails, or says something else. */
type Ask = <T extends z.ZodType>(schema: T, ...args: readonly string[]) => z.infer<T> | undefined;

function existingClusterCheck(title: string, judge: (config: ExistingClusterConfig, ask: Ask) => Finding): Check {
  return check(title, (context) => {
    const { config, run } = context;
    if (config.target === "eks") return skipped("only asked of an existing cluster");
    if (run("kubectl", ["version", "--client", "-o", "json"]) === undefined) return skipped("needs kubectl");
    return judge(config, asker(context));
  });
}

function asker(context: CheckContext): Ask {
  return (schema, ...args) => {
    try {
      return schema.parse(JSON.parse(askCluster(context, [...args, "-o", "json"]) ?? ""));
    } catch {
      return undefined;
    }
  };
}

/** Cores of a quantity of CPU: `2` or `1900m`. */
function cores(quantity: string): number {
  return quantity.endsWith("m") ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** Whole MiB of a quantity of memory, e.g. `24503604Ki`. */
function mebibytes(quantity: string): number {
  const [, number = "", unit = ""] = /^([\d.]+)(\w*)$/.exec(quantity) ?? [];
  return Math.floor((Number(number) * (UNITS[unit] ?? NaN)) / 2 ** 20);
}
