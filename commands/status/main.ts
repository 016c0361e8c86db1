/** `npm run status`: how the deployed service is. */
import { readConfig } from "../../config/load";
import { type AppConfig } from "../../config/schema";
import { PATHS, type ReadyReport } from "../../service/src/contract";
import { FROM_USER, npmCommand, run } from "../lib/command-line";
import { Kubectl } from "../lib/kubectl";
import { nameAssignments } from "./names";
import { endpointSlicesSchema, podsSchema, serviceSchema } from "./pods";
import { isReady, metricSums, podLines, type ServiceState } from "./report";

export const command = npmCommand(
  "status",
  "Shows the pods of the environment that CAREPATH_ENV names: phase, restarts, queue, speed, model and image.",
)
  .option("--names", "print the names of the environment as assignments for a shell, and ask no cluster", false)
  .addHelpText("after", "\nThe exit code is 0 when a pod is ready, 1 when none is.");

const ANSWER_MILLISECONDS = 5_000;

async function main(argv: readonly string[]): Promise<number> {
  const { names } = command.parse(argv, FROM_USER).opts();
  const config = readConfig(process.env);
  if (names) {
    for (const line of nameAssignments(config)) say(line);
    return 0;
  }
  return Kubectl.with(config, process.env, (kubectl) => show(config, kubectl));
}

async function show(config: AppConfig, kubectl: Kubectl): Promise<number> {
  const { name, namespace, cache, engine } = config.chat;
  const { items: pods } = await kubectl.get(podsSchema, "pods", "--selector", `app.kubernetes.io/name=${name}`);
  const kind = cache.mode === "shared" || engine.type === "vllm" ? "Deployment" : "StatefulSet";
  say(`Environment ${config.environment}: ${kind} ${name} in namespace ${namespace}`);
  if (pods.length === 0) {
    say("There is no pod. The chat stack is not deployed (npm run deploy), or its nodes are gone.");
    return 1;
  }
  const slices = await kubectl.get(
    endpointSlicesSchema,
    "endpointslices",
    "--selector",
    `kubernetes.io/service-name=${name}`,
  );
  const endpoints = slices.items.flatMap((slice) => slice.endpoints);
  const ready = endpoints.filter(({ conditions }) => conditions.ready === true).length;
  say(
    `${pods.filter(isReady).length} of ${pods.length} pods ready; ${ready} of ${endpoints.length} endpoints take requests`,
  );
  say(await addressLine(config, kubectl));
  for (const pod of pods) {
    const running = pod.status.phase === "Running";
    const service = running ? await askService(kubectl, pod.metadata.name) : undefined;
    say(["", ...podLines({ pod, service }, new Date())].join("\n"));
  }
  return pods.some(isReady) ? 0 : 1;
}

async function addressLine({ chat }: AppConfig, kubectl: Kubectl): Promise<string> {
  if (chat.exposure.type === "cluster-ip") return "Reached by npm run open";
  const { status } = await kubectl.get(serviceSchema, "service", chat.name);
  const [address] = status.loadBalancer.ingress.flatMap(({ hostname, ip }) => hostname ?? ip ?? []);
  return address === undefined ? "The load balancer has no address yet" : `Reached at ${address}`;
}

/** Asks the pod through a port of this machine: no NetworkPolicy is in the way, and one that is not ready answers too. */
async function askService(kubectl: Kubectl, pod: string): Promise<ServiceState | undefined> {
  const forward = await kubectl.forward(`pod/${pod}`).catch(() => undefined);
  if (forward === undefined) return undefined;
  const ask = (path: string) =>
    fetch(`http://127.0.0.1:${forward.port}${path}`, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS) });
  try {
    const ready = (await (await ask(PATHS.ready)).json()) as ReadyReport;
    const metrics = await ask(PATHS.metrics);
    return { ready, metrics: metrics.ok ? metricSums(await metrics.text()) : undefined };
  } catch {
    return undefined;
  } finally {
    forward.stop();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (require.main === module) void run(main);
