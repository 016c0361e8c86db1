/** A StatefulSet of two replicas with API keys: rollout under traffic, key rotation, what destroy takes away and when. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { type ModelServer } from "../../__tests__/helpers/model-server";
import { Cluster, restarts } from "../lib/cluster";
import { ClientPod } from "../lib/client-pod";
import { modelFile, serveModel, type ModelFile } from "../lib/model-files";
import { PodWatch } from "../lib/pod-watch";
import { Project } from "../lib/project";
import { settings } from "../lib/settings";

const cluster = new Cluster(settings());
const project = new Project(cluster.settings, "replicas");
const { namespace } = project;
const KEYS = ["e2e-first-key-0123456789abcdef", "e2e-second-key-0123456789abcdef"] as const;
const REPLICATED = {
  cache: { mode: "per-replica", sizeGiB: 1 },
  replicas: 2,
  apiKeys: { source: "terraform-variable" },
} as const;

let model: ModelFile;
let hub: ModelServer;
let watch: PodWatch;

beforeAll(async () => {
  model = await modelFile(cluster.settings, "small");
  hub = await serveModel(cluster.settings, model);
  watch = new PodWatch(cluster, namespace);
  project.env = keys(KEYS[0]);
  project.configure({ ...model, url: hub.url }, REPLICATED);
  await project.deploy();
});

afterAll(async () => {
  watch.stop();
  await cluster.deleteNamespaces([namespace]);
  await hub.close();
});

it("both replicas become ready, each with its own volume, and none is restarted", async () => {
  const pods = await bothReady();
  expect(pods.map(restarts)).toEqual([0, 0]);
  expect(hub.bytesServed).toBe(2 * model.bytes);
});

it("no API key is in the state, in a plan or in what synth writes", async () => {
  await project.terraform("plan", "-out=e2e.plan", "-input=false");
  const { stdout } = await project.terraform("show", "-json", "e2e.plan");
  expect(stdout).toContain("data_wo_revision");
  expect(stdout).not.toContain(KEYS[0]);
  const written = [project.stateFile, ...filesBelow(project.outdir).filter((path) => !path.includes(".terraform/"))];
  expect(existsSync(project.stateFile)).toBe(true);
  for (const path of written) expect({ path, key: readFileSync(path).includes(KEYS[0]) }).toEqual({ path, key: false });
});

it("a rollout goes one by one under continuous traffic, and no request fails", async () => {
  const before = (await bothReady()).map(({ metadata }) => metadata.uid);
  const client = await ClientPod.start(cluster, { namespace, workers: 2, questions: 0, tokens: 16, apiKey: KEYS[0] });
  await client.begun(4);
  project.configure({ ...model, url: hub.url }, { ...REPLICATED, logLevel: "debug" });
  await project.deploy();
  const pods = await bothReady();
  await client.answered(client.answers.length + 4);
  const answers = await client.stop();
  expect(pods.filter(({ metadata }) => before.includes(metadata.uid))).toEqual([]);
  process.stdout.write(`\nRollout of two replicas: ${answers.length} answers meanwhile\n\n`);
  expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  expect(answers.length).toBeGreaterThan(10);
  expect(hub.bytesServed).toBe(2 * model.bytes);
});

it("a raised revision brings new keys to both replicas without a restart, and the old key is refused", async () => {
  const before = await bothReady();
  project.env = keys(KEYS[1]);
  const apiKeys = { source: "terraform-variable", revision: 2 } as const;
  project.configure({ ...model, url: hub.url }, { ...REPLICATED, logLevel: "debug", apiKeys });
  const from = performance.now();
  await project.deploy();
  for (const pod of before) {
    const host = (pod["status"] as { podIP: string }).podIP;
    await cluster.until(`the new key in ${pod.metadata.name}`, 240, async () => {
      const [answer] = await (
        await ClientPod.start(cluster, { namespace, tokens: 1, host, apiKey: KEYS[1] })
      ).finished();
      return answer?.ok === true ? true : undefined;
    });
    const [refused] = await (
      await ClientPod.start(cluster, { namespace, tokens: 1, host, apiKey: KEYS[0] })
    ).finished();
    expect(refused?.status).toBe(401);
  }
  process.stdout.write(
    `\nKey rotation reached both replicas after ${((performance.now() - from) / 1000).toFixed(0)} s\n\n`,
  );
  const after = await bothReady();
  expect(after.map(({ metadata }) => metadata.uid).sort()).toEqual(before.map(({ metadata }) => metadata.uid).sort());
  expect(after.map(restarts)).toEqual([0, 0]);
  const { code } = await project.terraform("plan", "-detailed-exitcode", "-input=false");
  expect(code).toBe(0);
});

it("destroy lets the answers under way end, and then leaves no namespace, no claim and no volume", async () => {
  const client = await ClientPod.start(cluster, { namespace, workers: 2, tokens: 512, apiKey: KEYS[1] });
  await client.begun(2);
  const guarded = guardedToTheEnd();
  await project.destroy();
  expect(await guarded).toEqual([]);
  const answers = await client.finished();
  expect(answers.length).toBe(2);
  expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  expect((await cluster.list("namespaces", undefined)).map(({ metadata }) => metadata.name)).not.toContain(namespace);
  await cluster.noVolumesOf(namespace);
});

/** Pods that are there while the NetworkPolicy is not; ends with the last pod. */
async function guardedToTheEnd(): Promise<string[]> {
  const open = new Set<string>();
  await cluster.until("the end of the replicas", 300, async () => {
    const policies = await cluster.list("networkpolicies", namespace);
    const pods = await cluster.pods(namespace);
    if (policies.length === 0) for (const { metadata } of pods) open.add(metadata.name);
    return pods.length === 0 ? true : undefined;
  });
  return [...open];
}

function keys(key: string): Record<string, string> {
  return { TF_VAR_chat_api_keys: key };
}

async function bothReady() {
  return cluster.until("two ready replicas", 300, async () => {
    const pods = await cluster.pods(namespace);
    return pods.length === 2 && pods.every((pod) => cluster.isReady(pod)) ? pods : undefined;
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}
