/** Long loads, long answers and full memory: the report's case, and the smallest memory limit that the plan accepts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { memoryLimit } from "../../planning/capacity/memory-limit";
import { Cluster, restarts } from "../lib/cluster";
import { ClientPod } from "../lib/client-pod";
import { modelFile } from "../lib/model-files";
import { Project } from "../lib/project";
import { Scenario, setEnv, type PodSpec } from "../lib/scenario";
import { long, settings } from "../lib/settings";

const LOAD_SECONDS = 90;
const ANSWER_TOKENS = 1800;
const ANSWER_SECONDS = 120;
const CONTEXT = 4096;
const SLOTS = 4;
/** Kept in memory beside the slots: the four prompts fill it. */
const CONVERSATIONS_MIB = 64;

const cluster = new Cluster(settings());
const itLong = long();
const started: Scenario[] = [];

afterAll(async () => {
  await Promise.all(started.map((scenario) => scenario.end()));
});

itLong("the report's case: a load of 90 s and an answer of minutes under the same probes restart nothing", async () => {
  const model = await modelFile(cluster.settings, "medium");
  const project = new Project(cluster.settings, "report");
  project.configure(
    { ...model, url: `http://${cluster.settings.address}:1/` },
    {
      contextSize: CONTEXT,
      parallelSlots: 1,
      stateCacheMiB: CONVERSATIONS_MIB,
      maxTokens: ANSWER_TOKENS,
      cache: { mode: "shared", sizeGiB: 2 },
    },
  );
  await project.synth();
  const scenario = await Scenario.start({
    cluster,
    project,
    model,
    name: "report",
    change: (pod) => {
      holdLoad(pod);
      // Half a core: the answer takes minutes, and all else in the container is slow, too.
      for (const { resources } of pod.containers) resources.limits["cpu"] = "500m";
    },
    objects: [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "preload" }, data: { "hold-load.mjs": preload() } },
    ],
  });
  started.push(scenario);
  await scenario.ready(600);
  const client = await ClientPod.start(cluster, { namespace: scenario.namespace, tokens: ANSWER_TOKENS });
  const [answer] = await client.finished();
  const pod = await scenario.ready();
  const events = await cluster.events(scenario.namespace, pod.metadata.name);
  process.stdout.write(
    `\nReport's case: load held ${LOAD_SECONDS} s, answer of ${answer?.seconds.toFixed(0) ?? "?"} s, ${restarts(pod)} restarts\n\n`,
  );
  expect(answer).toMatchObject({ ok: true });
  expect(answer?.seconds).toBeGreaterThan(ANSWER_SECONDS);
  expect(restarts(pod)).toBe(0);
  expect(events.filter(({ reason }) => reason === "Killing")).toEqual([]);
});

itLong("four parallel long prompts at the smallest memory limit of the plan: no OOM kill", async () => {
  const model = await modelFile(cluster.settings, "medium");
  const { totalMiB } = memoryLimit(model, { contextSize: CONTEXT, slots: SLOTS, stateCacheMiB: CONVERSATIONS_MIB });
  const project = new Project(cluster.settings, "memory-full");
  project.configure(
    { ...model, url: `http://${cluster.settings.address}:1/` },
    {
      contextSize: CONTEXT,
      parallelSlots: SLOTS,
      stateCacheMiB: CONVERSATIONS_MIB,
      cache: { mode: "shared", sizeGiB: 2 },
    },
  );
  await project.synth();
  const scenario = await Scenario.start({ cluster, project, model, name: "memory-full" });
  started.push(scenario);
  const pod = await scenario.ready(600);
  const client = await ClientPod.start(cluster, {
    namespace: scenario.namespace,
    workers: SLOTS,
    tokens: 32,
    promptTokens: 3600,
  });
  const answers = await client.finished();
  const after = await scenario.ready();
  const [memory, throttled] = await Promise.all([
    read(scenario.namespace, pod.metadata.name, ["memory/memory.max_usage_in_bytes", "memory.peak"]),
    read(scenario.namespace, pod.metadata.name, ["cpu/cpu.stat", "cpu.stat"]),
  ]);
  const usedMiB = Number(memory) / 2 ** 20;
  process.stdout.write(
    `\nFour prompts of about 3,600 tokens: ${usedMiB.toFixed(0)} of ${totalMiB} MiB at most (page cache included), ` +
      `nr_throttled ${/nr_throttled (\d+)/.exec(throttled)?.[1] ?? "?"}\n\n`,
  );
  expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  expect(after.metadata.uid).toBe(pod.metadata.uid);
  expect(restarts(after)).toBe(0);
  expect(usedMiB).toBeLessThanOrEqual(totalMiB);
});

/** The first of the files that the container has: cgroup v1 and v2 name them differently. */
function read(namespace: string, pod: string, names: readonly string[]): Promise<string> {
  const files = names.map((name) => `/sys/fs/cgroup/${name}`).join(" ");
  return cluster.exec(namespace, pod, ["sh", "-c", `for f in ${files}; do [ -r $f ] && exec cat $f; done; exit 1`]);
}

function preload(): string {
  return readFileSync(join(cluster.settings.root, "rehearsal/conditions/hold-load.mjs"), "utf8");
}

/** The preload lies beside the service, because it imports the library that the service imports. */
function holdLoad(pod: PodSpec): void {
  const path = "/app/service/hold-load.mjs";
  setEnv(pod, "NODE_OPTIONS", `--import ${path}`);
  setEnv(pod, "REHEARSAL_HOLD_LOAD_SECONDS", String(LOAD_SECONDS));
  pod.volumes.push({ name: "preload", configMap: { name: "preload" } });
  for (const { volumeMounts } of pod.containers)
    volumeMounts.push({ name: "preload", mountPath: path, subPath: "hold-load.mjs" });
}
