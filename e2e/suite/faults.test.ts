/** What goes wrong between a pod and its model, all at the same time: most of it is waiting. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type ModelServer } from "../../__tests__/helpers/model-server";
import { EXIT_CODES } from "../../service/src/contract";
import { chatStatus, Cluster, restarts, type KubernetesObject } from "../lib/cluster";
import { modelFile, type ModelFile } from "../lib/model-files";
import { Project } from "../lib/project";
import { Scenario, setEnv, type PodSpec, type ScenarioProps } from "../lib/scenario";
import { settings } from "../lib/settings";

const MIB = 1024 * 1024;
const OUTAGE_MS = 60_000;
const SIGN_OF_A_SHORT_WINDOW = "failed startup probe, will be restarted";

const cluster = new Cluster(settings());
const project = new Project(cluster.settings, "faults");
let model: ModelFile;
const started: Scenario[] = [];

beforeAll(async () => {
  model = await modelFile(cluster.settings, "small");
  project.configure({ ...model, url: `http://${cluster.settings.address}:1/` });
  await project.synth();
  for (const drill of drills) drill.begin();
});

afterAll(async () => {
  await Promise.all(started.map((scenario) => scenario.end()));
});

/** A test whose course begins together with that of all others, and which then only judges what came of it. */
function drill<T>(name: string, course: () => Promise<T>, judge: (seen: T) => void): { readonly begin: () => void } {
  let seen: Promise<T>;
  it(name, async () => judge(await seen));
  return {
    begin: () => {
      seen = course();
      seen.catch(() => undefined); // the test that awaits it reports it
    },
  };
}

async function start(
  name: string,
  fault: ModelServer["fault"] = () => undefined,
  more: Pick<ScenarioProps, "change" | "replicas"> = {},
): Promise<Scenario> {
  const scenario = await Scenario.start({ cluster, project, model, name, ...more }, fault);
  started.push(scenario);
  return scenario;
}

const drills = [
  drill(
    "a source that answers 503 for a minute delays the start and restarts nothing",
    async () => {
      let from: number | undefined;
      const scenario = await start("away", () =>
        Date.now() - (from ??= Date.now()) < OUTAGE_MS ? { status: 503 } : undefined,
      );
      return { pod: await scenario.ready(), requests: scenario.hub.requests.length };
    },
    ({ pod, requests }) => {
      expect(requests).toBeGreaterThan(3);
      expect(restarts(pod)).toBe(0);
    },
  ),
  drill(
    "a connection cut at 60 % is resumed, and restarts nothing",
    async () => {
      const scenario = await start("cut", ({ index }) =>
        index === 0 ? { cutAfterBytes: 0.6 * model.bytes } : undefined,
      );
      return { pod: await scenario.ready(), hub: scenario.hub };
    },
    ({ pod, hub }) => {
      expect(restarts(pod)).toBe(0);
      expect(hub.requests.length).toBeGreaterThan(1);
      expect(hub.bytesServed).toBeLessThan(1.1 * model.bytes);
    },
  ),
  drill(
    "a container killed during the download resumes it",
    async () => {
      const scenario = await start("killed", () => ({ bytesPerSecond: MIB / 2 }));
      await cluster.until("most of the download", 240, () =>
        Promise.resolve(scenario.hub.bytesServed > 0.7 * model.bytes ? true : undefined),
      );
      const before = await scenario.pod();
      await killContainer(before);
      const after = await cluster.until("the restarted pod, ready", 300, async () => {
        const pod = await scenario.pod();
        return restarts(pod) > 0 && cluster.isReady(pod) ? pod : undefined;
      });
      return { before, after, again: scenario.hub.bytesServed - model.bytes };
    },
    ({ before, after, again }) => {
      process.stdout.write(`\nSIGKILL in the download: ${again} of ${model.bytes} bytes fetched again\n\n`);
      expect(chatStatus(before)?.ready).toBe(false);
      expect(restarts(after)).toBe(1);
      expect(chatStatus(after)?.lastState.terminated?.exitCode).toBe(137);
      expect(again).toBeLessThan(0.5 * model.bytes);
    },
  ),
  drill(
    "a startup window that is too short shows as the runbook says, and each start goes on with the download",
    async () => {
      const scenario = await start("window", () => ({ bytesPerSecond: MIB }), {
        change: ({ containers }) => {
          for (const { startupProbe } of containers) startupProbe.failureThreshold = 2;
        },
      });
      const pod = await cluster.until("a pod that came through", 600, async () => {
        const found = await scenario.pod();
        return restarts(found) > 0 && cluster.isReady(found) ? found : undefined;
      });
      return { events: await cluster.events(scenario.namespace, pod.metadata.name), served: scenario.hub.bytesServed };
    },
    ({ events, served }) => {
      const kills = events.filter(({ reason }) => reason === "Killing").map(({ message }) => message);
      expect(kills).not.toEqual([]);
      for (const kill of kills) expect(kill).toContain(SIGN_OF_A_SHORT_WINDOW);
      expect(readFileSync(join(cluster.settings.root, "docs/runbook.md"), "utf8")).toContain(SIGN_OF_A_SHORT_WINDOW);
      expect(served).toBeLessThan(2 * model.bytes);
    },
  ),
  drill(
    "a wrong sha256 ends with its exit code and reason, and the same file is not downloaded after each restart",
    async () => {
      const scenario = await start("wrong", undefined, {
        change: (pod) => setEnv(pod, "MODEL_SHA256", "0".repeat(64)),
      });
      const first = await scenario.ended(1);
      const third = await scenario.ended(3);
      return { first, third, downloads: scenario.hub.bytesServed / model.bytes };
    },
    ({ first, third, downloads }) => {
      expect(first).toMatchObject({ exitCode: EXIT_CODES.checksumMismatch });
      expect(first.message).toMatch(/sha256/);
      expect(third).toMatchObject({ exitCode: EXIT_CODES.checksumMismatch });
      // One download and the one clean try after it; each further start asks for one byte to learn the version.
      expect(downloads).toBeCloseTo(2, 3);
    },
  ),
  drill(
    "a cache volume that is too small ends with its exit code and reason",
    // A tmpfs with a size is a small volume on every cluster; not every provisioner keeps to the size of a claim.
    async () => (await start("full", undefined, { change: smallVolume })).ended(1),
    (ended) => {
      expect(ended).toMatchObject({ exitCode: EXIT_CODES.cacheTooSmall });
      expect(ended.message).toContain("MiB");
    },
  ),
  drill(
    "a memory limit that is too small is refused by the service, before the kernel kills it",
    async () => (await start("memory", undefined, { change: littleMemory })).ended(2),
    (ended) => expect(ended).toMatchObject({ exitCode: EXIT_CODES.outOfMemory, reason: "Error" }),
  ),
  drill(
    "two pods that want one volume download the model once, and both become ready",
    async () => {
      const { namespace, hub } = await start("two", () => ({ bytesPerSecond: MIB }), { replicas: 2 });
      const pods = await cluster.until("two ready pods", 300, async () => {
        const found = await cluster.pods(namespace);
        return found.length === 2 && found.every((pod) => cluster.isReady(pod)) ? found : undefined;
      });
      return { pods, served: hub.bytesServed };
    },
    ({ pods, served }) => {
      expect(pods.map(restarts)).toEqual([0, 0]);
      expect(served).toBe(model.bytes);
    },
  ),
];

function smallVolume(pod: PodSpec): void {
  pod.volumes = pod.volumes.map((volume) =>
    volume["name"] === "model-cache"
      ? { name: "model-cache", emptyDir: { medium: "Memory", sizeLimit: "8Mi" } }
      : volume,
  );
}

function littleMemory({ containers }: PodSpec): void {
  for (const { resources } of containers) resources.limits["memory"] = resources.requests["memory"] = "128Mi";
}

async function killContainer(pod: KubernetesObject): Promise<void> {
  const { containerStatuses = [] } = pod["status"] as { containerStatuses?: { containerID?: string }[] };
  const id = containerStatuses[0]?.containerID?.replace(/^.*:\/\//, "");
  if (id === undefined) throw new Error(`${pod.metadata.name} has no container.`);
  await cluster.hook("kill-container", { CONTAINER: id });
}
