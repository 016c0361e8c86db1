/** A StatefulSet of two replicas with API keys: rollout under traffic, key rotation, what destroy takes away and when. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { type ModelServer } from "../../__tests__/helpers/model-server";
import { SECRET_KEYS } from "../../service/src/contract";
import { Cluster, restarts, type KubernetesObject } from "../lib/cluster";
import { ClientPod } from "../lib/client-pod";
import { modelFile, serveModel, type ModelFile } from "../lib/model-files";
import { endOf, outcome, whole } from "../lib/pod-end";
import { PodWatch } from "../lib/pod-watch";
import { Project } from "../lib/project";
import { settings } from "../lib/settings";

const cluster = new Cluster(settings());
const project = new Project(cluster.settings, "replicas");
const { namespace } = project;
const KEYS = ["e2e-first-key-0123456789abcdef", "e2e-second-key-0123456789abcdef"] as const;
/** Longer than a destroy takes until its pods get SIGTERM: one answer at a time in each. */
const DRAINED_TOKENS = 3500;
const REPLICATED = {
  cache: { mode: "per-replica", sizeGiB: 1 },
  replicas: 2,
  apiKeys: { source: "terraform-variable" },
  maxTokens: DRAINED_TOKENS,
  // Long enough for a machine that has other work as well.
  timing: { drainSeconds: 400 },
} as const;
/** What a pod that still answers needs. */
const GUARDS = ["Secret", "NetworkPolicy"] as const;

let model: ModelFile;
let hub: ModelServer;

beforeAll(async () => {
  model = await modelFile(cluster.settings, "small");
  hub = await serveModel(cluster.settings, model);
  project.env = keys(KEYS[0]);
  project.configure({ ...model, url: hub.url }, REPLICATED);
  await project.deploy();
});

afterAll(async () => {
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
    const host = addressOf(pod);
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

it("destroy keeps Secret and NetworkPolicy until the last answer of each replica has come whole, and then leaves nothing", async () => {
  const pods = await bothReady();
  const apiKey = await keyInForce();
  const watch = new PodWatch(cluster, namespace);
  const clients = await Promise.all(
    pods.map((pod) => {
      const host = addressOf(pod);
      return ClientPod.start(cluster, { namespace, host, tokens: DRAINED_TOKENS, toTheLastToken: true, apiKey });
    }),
  );
  await Promise.all(clients.map((client) => client.begun()));
  const [unguarded, answers, ends] = await Promise.all([
    podsWithoutGuards(),
    Promise.all(clients.map((client) => client.finished())),
    Promise.all(pods.map(({ metadata }) => endOf(cluster, watch, namespace, metadata.name))),
    project.destroy(),
  ]).finally(() => watch.stop());
  const margins = ends.map(({ sigterm }, index) => ((answers[index]?.[0]?.at ?? NaN) - sigterm) / 1000);
  process.stdout.write(
    `\nDestroy: the answers ended ${margins.map((s) => s.toFixed(1)).join(" and ")} s after SIGTERM\n\n`,
  );
  expect(unguarded).toEqual([]);
  expect(ends.map((end, index) => answers[index]?.map((answer) => outcome(answer, end)))).toEqual(
    pods.map(() => [whole(DRAINED_TOKENS)]),
  );
  expect((await cluster.list("namespaces", undefined)).map(({ metadata }) => metadata.name)).not.toContain(namespace);
  await cluster.noVolumesOf(namespace);
});

/** What pods that were there lacked; ends with the last pod. */
async function podsWithoutGuards(): Promise<string[]> {
  const missed = new Set<string>();
  await cluster.until("the end of the replicas", 600, async () => {
    const kinds = (await cluster.list("secrets,networkpolicies", namespace)).map(({ kind }) => kind);
    const missing = GUARDS.filter((guard) => !kinds.includes(guard));
    const pods = await cluster.pods(namespace); // asked last, so that they were there without what was missing
    for (const { metadata } of pods) for (const guard of missing) missed.add(`${metadata.name} without its ${guard}`);
    return pods.length === 0 ? true : undefined;
  });
  return [...missed];
}

async function keyInForce(): Promise<string> {
  const [keys] = (await cluster.list("secrets", namespace)).flatMap(({ data }) => {
    const encoded = (data as Record<string, string> | undefined)?.[SECRET_KEYS.apiKeys];
    return encoded === undefined ? [] : [Buffer.from(encoded, "base64").toString()];
  });
  if (keys === undefined) throw new Error(`${namespace} has no Secret with API keys.`);
  return keys.trim();
}

function addressOf(pod: KubernetesObject): string {
  return (pod["status"] as { podIP: string }).podIP;
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
