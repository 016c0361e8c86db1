import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { operatorOf } from "../../commands/lib/operators";
import { type Cluster, type KubernetesObject } from "./cluster";
import { runOrThrow } from "./run";

/** A kind of custom resource, and the file of its operator's Go module that defines it. */
interface Definition {
  readonly apiVersion: string;
  readonly kind: string;
  readonly file: string;
}

/** Every kind that an environment may have. */
export const DEFINITIONS: readonly Definition[] = [
  { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", file: "config/crd/bases/keda.sh_scaledobjects.yaml" },
  {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    file: "config/crds/bases/external-secrets.io_externalsecrets.yaml",
  },
  {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PodMonitor",
    file: "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
  },
  {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    file: "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
  },
];

/** What the suite has installed, and nothing else, has this label. */
const LABEL = "carepath-e2e";

/** Makes the cluster know the kinds of all the objects. What it knows already stays as it is. */
export async function installDefinitions(cluster: Cluster, objects: readonly KubernetesObject[]): Promise<void> {
  const kinds = new Map(objects.map((object) => [`${object.apiVersion} ${object.kind}`, object]));
  for (const object of kinds.values()) if (!(await cluster.serves(object))) await install(cluster, object);
}

export async function removeDefinitions(cluster: Cluster): Promise<void> {
  await cluster.kubectl(["delete", "customresourcedefinitions", "-l", LABEL, "--timeout=60s"]);
}

async function install(cluster: Cluster, object: KubernetesObject): Promise<void> {
  const { apiVersion, kind } = object;
  const definition = DEFINITIONS.find((each) => each.apiVersion === apiVersion && each.kind === kind);
  if (definition === undefined)
    throw new Error(
      `the cluster does not serve ${kind} of ${apiVersion}. Add its definition to e2e/lib/definitions.ts.`,
    );
  const text = readFileSync(join(await download(cluster, definition), definition.file), "utf8");
  const { metadata, ...rest } = parse(text) as KubernetesObject;
  const input = JSON.stringify({ ...rest, metadata: { ...metadata, labels: { ...metadata.labels, [LABEL]: "true" } } });
  // Without the annotation that apply adds: it would hold the whole text again.
  await cluster.kubectl(["create", "-f", "-"], { input });
  await cluster.until(`${kind} of ${apiVersion}`, 60, async () => ((await cluster.serves(object)) ? true : undefined));
}

/** Folder of the module: Go's client checks its sum. */
async function download(cluster: Cluster, { apiVersion, kind }: Definition): Promise<string> {
  const [apiGroup = ""] = apiVersion.split("/");
  const { path, version } = operatorOf(apiGroup).module;
  const words = ["mod", "download", "-json", `${path}@${version}`];
  try {
    const text = await runOrThrow("go", words, { cwd: cluster.settings.scratch });
    return (JSON.parse(text) as { Dir: string }).Dir;
  } catch (error) {
    throw new Error(
      `the cluster does not serve ${kind}, and its definition comes by "go ${words.join(" ")}", which failed. ` +
        "Install Go, or the operator in the cluster.",
      { cause: error },
    );
  }
}
