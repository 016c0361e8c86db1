import { type ModelServer } from "../../__tests__/helpers/model-server";
import { type ENV } from "../../service/src/contract";
import { chatStatus, restarts, type Cluster, type ContainerState, type KubernetesObject } from "./cluster";
import { serveModel, type ModelFile } from "./model-files";
import { type Project } from "./project";
import { NAMESPACE_PREFIX } from "./settings";

/** The parts of a pod that scenarios change. */
export interface PodSpec {
  containers: {
    env: { name: string; value: string }[];
    resources: { requests: Record<string, string>; limits: Record<string, string> };
    volumeMounts: { name: string; mountPath: string; subPath?: string }[];
    startupProbe: { periodSeconds: number; failureThreshold: number };
  }[];
  volumes: Record<string, unknown>[];
}

export interface ScenarioProps {
  readonly cluster: Cluster;
  /** Whose synthesized objects are used. */
  readonly project: Project;
  readonly name: string;
  readonly model: ModelFile;
  /** Changes the pod before it is made. */
  readonly change?: (pod: PodSpec) => void;
  /** Further objects. @default none */
  readonly objects?: readonly object[];
  /** @default 1 */
  readonly replicas?: number;
}

/**
 * The synthesized workload in its own namespace and with its own model server, so that several faults can be watched at
 * the same time. Each pod asks for little CPU, because most of them only wait; its limit stays.
 */
export class Scenario {
  private constructor(
    private readonly cluster: Cluster,
    readonly namespace: string,
    readonly hub: ModelServer,
  ) {}

  static async start(props: ScenarioProps, fault: ModelServer["fault"] = () => undefined): Promise<Scenario> {
    const { cluster, project, model } = props;
    const namespace = `${NAMESPACE_PREFIX}${props.name}`;
    const hub = await serveModel(cluster.settings, model);
    hub.fault = fault;
    const text = JSON.stringify(project.objects()).replaceAll(project.namespace, namespace);
    const objects = JSON.parse(text) as KubernetesObject[];
    const deployment = objects.find(({ kind }) => kind === "Deployment");
    if (deployment === undefined) throw new Error("the synthesized stack has no Deployment.");
    const spec = deployment["spec"] as { replicas: number; template: { spec: PodSpec } };
    spec.replicas = props.replicas ?? 1;
    setEnv(spec.template.spec, "MODEL_URL", hub.url);
    for (const { resources } of spec.template.spec.containers) resources.requests["cpu"] = "100m";
    props.change?.(spec.template.spec);
    // The model server's port is another one for each scenario.
    const open = objects.map((object) =>
      object.kind === "NetworkPolicy" ? openEgress(object, Number(new URL(hub.origin).port)) : object,
    );
    const namespaces = open.filter(({ kind }) => kind === "Namespace");
    await cluster.apply(namespaces);
    await cluster.apply(
      [...open.filter(({ kind }) => kind !== "Namespace"), ...(props.objects ?? [])].map((object) => ({
        ...object,
        metadata: { ...(object as KubernetesObject).metadata, namespace },
      })),
    );
    return new Scenario(cluster, namespace, hub);
  }

  pod(): Promise<KubernetesObject> {
    return this.cluster.until(
      `a pod in ${this.namespace}`,
      60,
      async () => (await this.cluster.pods(this.namespace))[0],
    );
  }

  ready(seconds = 300): Promise<KubernetesObject> {
    return this.cluster.readyPod(this.namespace, seconds);
  }

  /** How the last container ended, once it has been restarted so many times. */
  ended(times: number, seconds = 300): Promise<NonNullable<ContainerState["terminated"]>> {
    return this.cluster.until(`${times} ends in ${this.namespace}`, seconds, async () => {
      const pod = await this.pod();
      const status = chatStatus(pod);
      const ended = status?.state.terminated ?? status?.lastState.terminated;
      const ends = restarts(pod) + (status?.state.terminated === undefined ? 0 : 1);
      return ends >= times ? ended : undefined;
    });
  }

  async end(): Promise<void> {
    await this.cluster.kubectl(["delete", "namespace", this.namespace, "--ignore-not-found", "--wait=false"]);
    await this.hub.close();
  }
}

export function setEnv(
  pod: PodSpec,
  name: (typeof ENV)[keyof typeof ENV] | "NODE_OPTIONS" | `REHEARSAL_${string}`,
  value: string,
): void {
  for (const container of pod.containers) {
    container.env = [...container.env.filter((each) => each.name !== name), { name, value }];
  }
}

function openEgress(policy: KubernetesObject, port: number): KubernetesObject {
  const spec = policy["spec"] as { egress: object[] };
  return { ...policy, spec: { ...spec, egress: [...spec.egress, { ports: [{ protocol: "TCP", port }] }] } };
}
