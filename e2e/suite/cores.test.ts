/** What neighbours on the node cost, and whether the service knows that its cores are exclusive. */
import { burner } from "../lib/burner";
import { Cluster } from "../lib/cluster";
import { ClientPod } from "../lib/client-pod";
import { modelFile } from "../lib/model-files";
import { Project } from "../lib/project";
import { Scenario } from "../lib/scenario";
import { long, settings } from "../lib/settings";

const CONTEXT = 512;
const ANSWER_TOKENS = 200;
const BURNERS = 3;

const cluster = new Cluster(settings());
const itLong = long();
let scenario: Scenario | undefined;

afterAll(() => scenario?.end());

itLong("the service says whether its cores are exclusive, as the kubelet's CPU manager has it", async () => {
  const model = await modelFile(cluster.settings, "medium");
  const project = new Project(cluster.settings, "cores");
  const limits = { contextSize: CONTEXT, parallelSlots: 1, maxTokens: ANSWER_TOKENS, stateCacheMiB: 0 };
  project.configure({ ...model, url: `http://${cluster.settings.address}:1/` }, limits);
  await project.synth();
  scenario = await Scenario.start({
    cluster,
    project,
    model,
    name: "cores",
    // Only a Guaranteed pod with whole cores gets exclusive ones.
    change: ({ containers }) => {
      for (const { resources } of containers) resources.requests["cpu"] = resources.limits["cpu"] ?? "1";
    },
  });
  const { namespace } = scenario;
  const pod = await scenario.ready();
  const alone = await tokensPerSecond(namespace);
  const burners = Array.from({ length: BURNERS }, (_, index) => burner(cluster.settings, `burner-${index}`));
  await cluster.apply(burners, "-n", namespace);
  const beside = await tokensPerSecond(namespace);
  const policy = await cpuManagerPolicy((pod["spec"] as { nodeName: string }).nodeName);
  process.stdout.write(
    `\nCPU manager "${policy}": ${alone.toFixed(1)} tokens a second alone, ${beside.toFixed(1)} beside ${BURNERS} pods that burn CPU\n\n`,
  );
  const allotment = (await cluster.log(namespace, pod.metadata.name)).find(({ msg }) => msg === "cpu allotment");
  expect(allotment).toMatchObject({ exclusive: policy === "static", threads: 1 });
});

async function tokensPerSecond(namespace: string): Promise<number> {
  const client = await ClientPod.start(cluster, { namespace, questions: 2, tokens: ANSWER_TOKENS });
  const answers = await client.finished();
  expect(answers.map(({ ok }) => ok)).toEqual([true, true]);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
  return sum(answers.map(({ pieces }) => pieces)) / sum(answers.map(({ seconds }) => seconds));
}

async function cpuManagerPolicy(node: string): Promise<string> {
  const text = await cluster.kubectl(["get", "--raw", `/api/v1/nodes/${node}/proxy/configz`]);
  return (JSON.parse(text) as { kubeletconfig: { cpuManagerPolicy: string } }).kubeletconfig.cpuManagerPolicy;
}
