import { type Check, type Finding } from "../../../commands/doctor/check";
import { clusterCheck, nodeRoomCheck, storageClassCheck } from "../../../commands/doctor/cluster-checks";
import { loadConfig } from "../../../config/load";

const { config } = loadConfig({ CAREPATH_ENV: "local", CAREPATH_KUBECONFIG: "~/lab.kubeconfig" });

/** What kubectl says to `version` and to `get KIND`; a word that is missing is a cluster that does not answer. */
type Answers = Readonly<Record<string, unknown>>;

function find(check: Check, answers: Answers): { readonly finding: Finding; readonly calls: readonly string[] } {
  const calls: string[] = [];
  const finding = check.run({
    config,
    env: { HOME: "/home/ann" },
    nodeVersion: "v22.12.0",
    now: new Date(),
    aws: undefined,
    run: (command, args) => {
      const call = [command, ...args].join(" ");
      calls.push(call);
      if (args.includes("--client")) return "kubectl" in answers ? undefined : "{}";
      const word = Object.keys(answers).find((each) => args.includes(each));
      return word === undefined ? undefined : JSON.stringify(answers[word]);
    },
  }) as Finding;
  return { finding, calls };
}

const version = (client: string, server: string) => ({
  version: { clientVersion: { gitVersion: client }, serverVersion: { gitVersion: server } },
});

describe("the cluster", () => {
  it("answers at the context and kubeconfig of the configuration", () => {
    const { finding, calls } = find(clusterCheck, version("v1.33.0", "v1.34.4"));
    expect(finding).toEqual({ level: "ok", detail: "context kind-carepath answers, v1.34.4" });
    expect(calls.at(-1)).toBe(
      "kubectl --kubeconfig /home/ann/lab.kubeconfig --context kind-carepath --request-timeout=10s version -o json",
    );
  });

  it("that does not answer is a problem", () => {
    expect(find(clusterCheck, {}).finding).toEqual({
      level: "problem",
      detail: "context kind-carepath does not answer",
      fix: "Start the cluster, e.g. `kind create cluster --name carepath`, or name another with CAREPATH_KUBE_CONTEXT.",
    });
  });

  it.each(["v1.32.9", "v1.36.0"])("warns of kubectl %s, which is two minor versions from it", (client) => {
    expect(find(clusterCheck, version(client, "v1.34.4")).finding).toEqual({
      level: "warning",
      detail: `context kind-carepath answers, v1.34.4; kubectl is ${client}, and it may be one minor version apart`,
      fix: "Install kubectl v1.34.4.",
    });
  });

  it("is not asked without kubectl", () => {
    expect(find(clusterCheck, { kubectl: false, ...version("v1.34.4", "v1.34.4") }).finding).toEqual({
      level: "skipped",
      detail: "needs kubectl",
    });
  });
});

describe("the StorageClass", () => {
  const classes = (...names: string[]) => ({
    storageclasses: { items: names.map((name) => ({ metadata: { name } })) },
  });

  it("of the configuration is there", () => {
    expect(find(storageClassCheck, classes("fast", "standard")).finding).toEqual({ level: "ok", detail: "standard" });
  });

  it("that is not there is a problem that names those that are", () => {
    expect(find(storageClassCheck, classes("local-path", "fast")).finding).toEqual({
      level: "problem",
      detail: 'no class "standard" (the cluster has: local-path, fast)',
      fix: "Set CAREPATH_STORAGE_CLASS=local-path.",
    });
  });

  it("is a problem where the cluster has none at all", () => {
    expect(find(storageClassCheck, classes()).finding).toEqual({
      level: "problem",
      detail: 'no class "standard" (the cluster has: none)',
      fix: "Install a provisioner of volumes: the model cache is a PersistentVolumeClaim.",
    });
  });
});

describe("the room on a node", () => {
  const node = (cpu: string, memory: string) => ({
    nodes: { items: [{ metadata: { name: "one" }, status: { allocatable: { cpu, memory } } }] },
  });

  it.each([
    ["2", "2Gi", "ok"],
    ["2000m", "2097152Ki", "ok"],
    ["1999m", "2Gi", "problem"],
    ["2", "2097151Ki", "problem"],
    ["8", "2000M", "problem"],
  ])("of %s cores and %s is %s for 2 cores and 2048 MiB", (cpu, memory, level) => {
    expect(find(nodeRoomCheck, node(cpu, memory)).finding.level).toBe(level);
  });

  it("says what the nodes have and what the pod asks for", () => {
    expect(find(nodeRoomCheck, node("1930m", "2Gi")).finding).toEqual({
      level: "problem",
      detail: "no node is large enough (one: 1.93 cores, 2048 MiB); the pod asks for 2 and 2048",
      fix: "Give the cluster's machine more, or lower chat.cpuCores and chat.memoryMiB in the environment's file.",
    });
  });
});
