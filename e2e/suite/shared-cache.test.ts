/** A Deployment with one cache volume, as `CAREPATH_ENV=local npm run deploy` makes it: start, drain, rollout, end. */
import { chatStatus, Cluster, restarts } from "../lib/cluster";
import { ClientPod } from "../lib/client-pod";
import {
  distance,
  isFailure,
  isOfKubelet,
  realStart,
  rehearsedStart,
  sideBySide,
  startupFailures,
  type Ending,
  type StartTimeline,
} from "../lib/first-start";
import { modelFile, serveModel, type ModelFile } from "../lib/model-files";
import { endOf, outcome, whole } from "../lib/pod-end";
import { PodWatch } from "../lib/pod-watch";
import { Project } from "../lib/project";
import { settings } from "../lib/settings";
import { type ModelServer } from "../../__tests__/helpers/model-server";

const cluster = new Cluster(settings());
const project = new Project(cluster.settings, "shared");
const { namespace } = project;
const DOWNLOAD_MIB_PER_SECOND = 1;
/** Longer than the preStop hook takes. */
const DRAINED_TOKENS = 4000;
/** Longer than a deploy takes until it deletes the pod: two at a time. */
const ROLLED_OUT_TOKENS = 4500;
/** The drain is long enough for a machine that has other work as well. */
const CHAT = { contextSize: 8192, maxTokens: ROLLED_OUT_TOKENS, timing: { drainSeconds: 400 } } as const;

let model: ModelFile;
let hub: ModelServer;
let watch: PodWatch;
let firstPod = "";
let rehearsed: Awaited<ReturnType<typeof rehearsedStart>> | undefined;

beforeAll(async () => {
  model = await modelFile(cluster.settings, "small");
  hub = await serveModel(cluster.settings, model);
  hub.fault = () => ({ bytesPerSecond: DOWNLOAD_MIB_PER_SECOND * 1024 * 1024 });
  watch = new PodWatch(cluster, namespace);
  project.configure({ ...model, url: hub.url }, CHAT);
});

afterAll(async () => {
  watch.stop();
  await cluster.deleteNamespaces([namespace]);
  await hub.close();
});

it("doctor: the cluster answers, has the StorageClass and room on a node", async () => {
  const checks = await project.doctor();
  const levels = ["cluster", "StorageClass", "room on a node"].map((title) =>
    checks.find((check) => check.title === title),
  );
  expect(levels.map((check) => check?.level)).toEqual([expect.stringMatching(/^(ok|warning)$/), "ok", "ok"]);
});

it("first start: one container, no restart, Ready", async () => {
  await project.deploy();
  const pod = await cluster.readyPod(namespace);
  firstPod = pod.metadata.name;
  expect(restarts(pod)).toBe(0);
  expect((pod["status"] as { qosClass: string }).qosClass).toBe("Guaranteed");
  expect(hub.bytesServed).toBe(model.bytes);
  expect((await cluster.events(namespace, firstPod)).filter(({ reason }) => reason === "Killing")).toEqual([]);
});

it("first start: not in the endpoints before /ready says so", async () => {
  const [ready] = (await cluster.log(namespace, firstPod)).filter(({ phase }) => phase === "ready");
  const joined = watch.at(firstPod, "in the endpoints");
  expect(joined).toBeGreaterThan(Date.parse(String(ready?.["time"])));
});

it("first start: in the order and at the times that the rehearsal predicted", async () => {
  const real = await realStart(cluster, watch, namespace, firstPod);
  rehearsed = await rehearsedStart({
    root: project.folder,
    outdir: project.outdir,
    model: model.path,
    mibPerSecond: DOWNLOAD_MIB_PER_SECOND,
  });
  const { timeline: predicted, restarts: predictedRestarts } = rehearsed;
  process.stdout.write(`\nFirst start of the same workload\n${sideBySide(rehearsed, real)}\n`);
  const pod = await cluster.pod(namespace);
  const [container] = (pod["spec"] as { containers: { startupProbe: { periodSeconds: number } }[] }).containers;
  const period = container?.startupProbe.periodSeconds ?? 0;
  const inBoth = real.timeline.filter(({ what }) => predicted.some((each) => each.what === what));
  const names = (timeline: StartTimeline, by: (what: string) => boolean): string[] =>
    timeline.map(({ what }) => what).filter((what) => by(what) && inBoth.some((each) => each.what === what));
  // A failure of the probe may come before or after a phase of the service: two clocks. All else has one order.
  const hasOneOrder = (what: string): boolean => !isFailure(what);
  for (const by of [hasOneOrder, isOfKubelet]) expect(names(real.timeline, by)).toEqual(names(predicted, by));
  expect(names(real.timeline, () => true)).toEqual(
    expect.arrayContaining([
      "container started",
      "listening",
      "downloading",
      "startup failure 1",
      "ready",
      "started",
      "in the endpoints",
    ]),
  );
  // Counted from the moment the service listened: how long a process needs for that depends on the machine, not on probes.
  expect(inBoth.filter((milestone) => !(distance(milestone, predicted) <= period))).toEqual([]);
  expect(Math.abs(startupFailures(real) - startupFailures(rehearsed))).toBeLessThanOrEqual(1);
  expect(real.restarts).toBe(predictedRestarts);
}, 300_000);

it("terraform: a plan after the deploy is empty", async () => {
  const { code, stdout } = await project.terraform("plan", "-detailed-exitcode", "-no-color", "-input=false");
  expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
});

it("terraform: a second deploy changes nothing", async () => {
  const before = await cluster.pod(namespace);
  await project.deploy();
  const after = await cluster.pod(namespace);
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(restarts(after)).toBe(0);
});

it("drain: the answer under way at SIGTERM comes whole, and the container exits with 0", async () => {
  const client = await ClientPod.start(cluster, { namespace, tokens: DRAINED_TOKENS, toTheLastToken: true });
  await client.begun();
  const ended = endOf(cluster, watch, namespace, firstPod);
  await cluster.kubectl(["delete", "pod", firstPod, "-n", namespace, "--wait=false"]);
  const [[answer], end] = await Promise.all([client.finished(), ended]);
  const since = (at: number | undefined): number => ((at ?? NaN) - (watch.at(firstPod, "deleted") ?? NaN)) / 1000;
  const real = {
    left: since(watch.at(firstPod, "left the endpoints")),
    sigterm: since(end.sigterm),
    exit: since(watch.at(firstPod, "exit 0")),
  };
  const text = ({ left, sigterm, exit }: Ending): string =>
    `out of the endpoints ${left.toFixed(1)}, SIGTERM ${sigterm.toFixed(1)}, exit ${exit.toFixed(1)}`;
  process.stdout.write(
    `\nEnd of a pod, s since its deletion\n  kubelet    ${text(real)}\n` +
      `  rehearsal  ${rehearsed === undefined ? "was not run" : text(rehearsed.ending)}, with other answers\n\n`,
  );
  expect(answer && outcome(answer, end)).toEqual(whole(DRAINED_TOKENS));
  expect(real.sigterm).toBeGreaterThan(real.left);
  await cluster.readyPod(namespace);
});

it("rollout: the answers under way come whole, and the volume moves to the new pod without a download", async () => {
  const before = await cluster.readyPod(namespace);
  const client = await ClientPod.start(cluster, {
    namespace,
    workers: 2,
    tokens: ROLLED_OUT_TOKENS,
    toTheLastToken: true,
  });
  await client.begun(2);
  const ended = endOf(cluster, watch, namespace, before.metadata.name);
  project.configure({ ...model, url: hub.url }, { ...CHAT, logLevel: "debug" });
  const served = hub.bytesServed;
  await project.deploy();
  const after = await cluster.readyPod(namespace);
  const [answers, end] = await Promise.all([client.finished(), ended]);
  expect(answers.map((answer) => outcome(answer, end))).toEqual([whole(ROLLED_OUT_TOKENS), whole(ROLLED_OUT_TOKENS)]);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  expect(restarts(after)).toBe(0);
  expect(hub.bytesServed).toBe(served);
  const left = watch.at(before.metadata.name, "left the endpoints") ?? NaN;
  const joined = watch.at(after.metadata.name, "in the endpoints") ?? NaN;
  const outage = (joined - left) / 1000;
  const [deployment] = await cluster.list("deployments", namespace);
  const budget = (deployment?.["spec"] as { progressDeadlineSeconds: number }).progressDeadlineSeconds;
  process.stdout.write(
    `\nRollout with Recreate: ${outage.toFixed(1)} s without a pod in the endpoints, of ${budget} s\n\n`,
  );
  expect(outage).toBeGreaterThan(0);
  expect(outage).toBeLessThan(budget);
  expect(chatStatus(after)?.ready).toBe(true);
});

it("terraform: destroy leaves no namespace, no volume and no claim", async () => {
  await project.destroy();
  const namespaces = (await cluster.list("namespaces", undefined)).map(({ metadata }) => metadata.name);
  expect(namespaces).not.toContain(namespace);
  await cluster.noVolumesOf(namespace);
});
