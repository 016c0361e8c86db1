import { setTimeout as sleep } from "node:timers/promises";

import { run, runOrThrow, type RunOptions } from "./run";
import { type Settings } from "./settings";

/** An object of the Kubernetes API, as far as the suite looks into it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the API's own schema is its type
  readonly [field: string]: any;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly started?: boolean;
  readonly restartCount: number;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
}

export interface ContainerState {
  readonly running?: { readonly startedAt: string };
  readonly waiting?: { readonly reason: string };
  readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly message?: string };
}

export interface PodEvent {
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

const POLL_MS = 500;

/** The cluster under test, through kubectl. */
export class Cluster {
  constructor(readonly settings: Settings) {}

  /** Words of a kubectl call that choose the cluster. */
  words(args: readonly string[]): string[] {
    const { kubeconfig, context } = this.settings;
    return ["--kubeconfig", kubeconfig, "--context", context, ...args];
  }

  kubectl(args: readonly string[], options?: RunOptions): Promise<string> {
    return runOrThrow(this.settings.kubectl, this.words(args), options);
  }

  async list(kind: string, namespace: string | undefined, ...args: readonly string[]): Promise<KubernetesObject[]> {
    const where = namespace === undefined ? ["-A"] : ["-n", namespace];
    const text = await this.kubectl(["get", kind, ...where, "-o", "json", ...args]);
    return (JSON.parse(text) as { items: KubernetesObject[] }).items;
  }

  /** Whether the API server knows the kind: custom resources need their definition. */
  async serves({ apiVersion, kind }: KubernetesObject): Promise<boolean> {
    const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { code, stdout, stderr } = await run(this.settings.kubectl, this.words(["get", "--raw", path]));
    if (code !== 0 && stderr.includes("NotFound")) return false;
    if (code !== 0) throw new Error(`kubectl get --raw ${path}: exit code ${code ?? "none"}\n${stderr}`);
    return (JSON.parse(stdout) as { resources: { kind: string }[] }).resources.some((each) => each.kind === kind);
  }

  apply(objects: readonly object[], ...args: readonly string[]): Promise<string> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    return this.kubectl(["apply", "-f", "-", ...args], { input });
  }

  /** Pods of the chat workload, those that are being deleted last. */
  async pods(namespace: string): Promise<KubernetesObject[]> {
    const pods = await this.list("pods", namespace, "-l", "app.kubernetes.io/name=chat-api");
    return pods.sort((a, b) => Number(isEnding(a)) - Number(isEnding(b)));
  }

  /** The one pod of a workload that has one. */
  async pod(namespace: string): Promise<KubernetesObject> {
    const [pod] = await this.pods(namespace);
    if (pod === undefined) throw new Error(`${namespace} has no chat pod.`);
    return pod;
  }

  async readyPod(namespace: string, seconds = 180): Promise<KubernetesObject> {
    return this.until(`a ready pod in ${namespace}`, seconds, async () => {
      const [pod] = await this.pods(namespace);
      return pod !== undefined && this.isReady(pod) ? pod : undefined;
    });
  }

  isReady(pod: KubernetesObject): boolean {
    return !isEnding(pod) && chatStatus(pod)?.ready === true;
  }

  /** Waits until no volume is left that a claim of the namespace had. */
  async noVolumesOf(namespace: string): Promise<void> {
    await this.until(`the end of the volumes of ${namespace}`, 120, async () => {
      const volumes = (await this.list("persistentvolumes", undefined)) as (KubernetesObject & {
        readonly spec: { readonly claimRef?: { readonly namespace: string } };
      })[];
      return volumes.some(({ spec }) => spec.claimRef?.namespace === namespace) ? undefined : true;
    });
  }

  /** Asks until there is something; the API may be away meanwhile. */
  async until<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
    const end = performance.now() + seconds * 1000;
    let last = "";
    for (;;) {
      try {
        const found = await ask();
        if (found !== undefined) return found;
      } catch (error) {
        last = (error as Error).message;
      }
      if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s. ${last}`);
      await sleep(POLL_MS);
    }
  }

  async events(namespace: string, name: string): Promise<PodEvent[]> {
    const events = await this.list("events", namespace, "--field-selector", `involvedObject.name=${name}`);
    return events.map(({ reason, message, count }) => ({
      reason: String(reason),
      message: String(message),
      count: Number(count ?? 1),
    }));
  }

  /** Log lines of the chat container, parsed; with `--follow` once it has ended. */
  async log(namespace: string, pod: string, ...flags: readonly "--follow"[]): Promise<Record<string, unknown>[]> {
    const text = await this.kubectl(["logs", "-n", namespace, pod, ...flags]);
    return text
      .split("\n")
      .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : []));
  }

  exec(namespace: string, pod: string, command: readonly string[]): Promise<string> {
    return this.kubectl(["exec", "-n", namespace, pod, "--", ...command]);
  }

  /**
   * Deletes namespaces and waits until nothing of them is left. Kubernetes deletes pods first, and looks again only after
   * half of their grace period where one is left: minutes for an answer that may take long.
   */
  async deleteNamespaces(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.kubectl(["delete", "namespace", ...names, "--ignore-not-found", "--timeout=600s"]);
  }

  /** Runs a hook: something outside of the API. */
  hook(word: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    return runHook(this.settings, word, env);
  }
}

export function runHook(
  { hooks, root, context }: Pick<Settings, "hooks" | "root" | "context">,
  word: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return runOrThrow(hooks, [word], { cwd: root, env: { ...process.env, E2E_CONTEXT: context, ...env } });
}

export function chatStatus(pod: KubernetesObject): ContainerStatus | undefined {
  const { containerStatuses = [] } = pod["status"] as { containerStatuses?: ContainerStatus[] };
  return containerStatuses.find(({ name }) => name === "chat");
}

export function restarts(pod: KubernetesObject): number {
  return chatStatus(pod)?.restartCount ?? 0;
}

function isEnding(pod: KubernetesObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}
