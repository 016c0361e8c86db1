/** What goes wrong on the node, while a pod answers or starts. */
import { chatStatus, Cluster, restarts, type KubernetesObject } from "../lib/cluster";
import { burner } from "../lib/burner";
import { ClientPod } from "../lib/client-pod";
import { modelFile, type ModelFile } from "../lib/model-files";
import { Project } from "../lib/project";
import { Scenario } from "../lib/scenario";
import { long, settings } from "../lib/settings";

const API_OUTAGE_MS = 60_000;
const BURNERS = 3;
/** Some periods of the readiness probe, and the time in which the status gets around. */
const SETTLED_MS = 15_000;

const cluster = new Cluster(settings());
const project = new Project(cluster.settings, "node");
const itLong = long();
let model: ModelFile;
let scenario: Scenario;

beforeAll(async () => {
  model = await modelFile(cluster.settings, "small");
  project.configure({ ...model, url: `http://${cluster.settings.address}:1/` });
  await project.synth();
  scenario = await Scenario.start({ cluster, project, model, name: "node-pod" });
});

afterAll(() => scenario.end());

itLong("pods that burn the node's CPU slow a start down, and restart nothing", async () => {
  const burnt = await Scenario.start({
    cluster,
    project,
    model,
    name: "burnt",
    objects: Array.from({ length: BURNERS }, (_, index) => burner(cluster.settings, `burner-${index}`)),
  });
  const pod = await burnt.ready(600);
  const events = await cluster.events(burnt.namespace, pod.metadata.name);
  await burnt.end();
  expect(restarts(pod)).toBe(0);
  expect(events.filter(({ reason }) => reason === "Killing")).toEqual([]);
});

itLong("a restarted kubelet restarts no container, and every answer that has begun comes whole", async () => {
  const before = await scenario.ready();
  const client = await ClientPod.start(cluster, { namespace: scenario.namespace, questions: 0, tokens: 256 });
  await client.begun();
  await cluster.hook("restart-kubelet");
  const after = await readyAgain();
  await client.answered(5);
  const failed = (await client.stop()).filter(({ ok }) => !ok);
  // Its first word about a pod is "not ready", until it has probed: new connections find no endpoint meanwhile.
  process.stdout.write(
    `\nRestarted kubelet: ${failed.length} questions found no endpoint, asked five times a second\n\n`,
  );
  expect(failed.filter(({ error = "" }) => !error.startsWith("ECONNREFUSED"))).toEqual([]);
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(restarts(after)).toBe(0);
});

itLong("an API server that is away for a minute is not noticed by those who ask", async () => {
  const before = await scenario.ready();
  const client = await ClientPod.start(cluster, { namespace: scenario.namespace, questions: 0, tokens: 64 });
  await client.begun();
  await cluster.hook("pause-api-server");
  try {
    await new Promise((resolve) => setTimeout(resolve, API_OUTAGE_MS));
  } finally {
    await cluster.hook("resume-api-server");
  }
  const after = await scenario.ready();
  const failed = (await client.stop()).filter(({ ok }) => !ok);
  expect(failed).toEqual([]);
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(chatStatus(after)?.restartCount).toBe(0);
});

/** The pod, once it has been ready for a while without a break. */
async function readyAgain(): Promise<KubernetesObject> {
  let since = Date.now();
  return cluster.until("a pod that stays ready", 180, async () => {
    const pod = await scenario.pod();
    if (!cluster.isReady(pod)) since = Date.now();
    return Date.now() - since > SETTLED_MS ? pod : undefined;
  });
}
