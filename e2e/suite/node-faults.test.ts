/** What goes wrong on the node, while a pod answers or starts. */
import { chatStatus, Cluster, restarts } from "../lib/cluster";
import { ClientPod } from "../lib/client-pod";
import { modelFile, type ModelFile } from "../lib/model-files";
import { Project } from "../lib/project";
import { Scenario } from "../lib/scenario";
import { long, settings } from "../lib/settings";

const API_OUTAGE_MS = 60_000;
const BURNERS = 3;

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
    objects: Array.from({ length: BURNERS }, (_, index) => burner(`burner-${index}`)),
  });
  const pod = await burnt.ready(600);
  const events = await cluster.events(burnt.namespace, pod.metadata.name);
  await burnt.end();
  expect(restarts(pod)).toBe(0);
  expect(events.filter(({ reason }) => reason === "Killing")).toEqual([]);
});

itLong("a restarted kubelet finds its pod ready, and the answer under way goes on", async () => {
  const before = await scenario.ready();
  const client = await ClientPod.start(cluster, { namespace: scenario.namespace, questions: 0, tokens: 256 });
  await client.begun();
  await cluster.hook("restart-kubelet");
  const after = await scenario.ready();
  await client.answered(5);
  expect((await client.stop()).filter(({ ok }) => !ok)).toEqual([]);
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

function burner(name: string): object {
  const { repository, tag } = cluster.settings.image;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "burner",
          image: `${repository}:${tag}`,
          imagePullPolicy: "IfNotPresent",
          command: ["node", "-e", "for (;;);"],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
}
