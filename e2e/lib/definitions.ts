import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { type Cluster, type KubernetesObject } from "./cluster";
import { runOrThrow } from "./run";

/** A kind of custom resource, and the Go module of its operator, which has the definition as a file. */
interface Definition {
  readonly apiVersion: string;
  readonly kind: string;
  readonly module: string;
  readonly version: string;
  readonly file: string;
}

const PROMETHEUS_OPERATOR = {
  apiVersion: "monitoring.coreos.com/v1",
  module: "github.com/prometheus-operator/prometheus-operator",
  version: "v0.93.0",
} as const;

/** Every kind that an environment may have. */
export const DEFINITIONS: readonly Definition[] = [
  {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    module: "github.com/kedacore/keda/v2",
    version: "v2.20.2",
    file: "config/crd/bases/keda.sh_scaledobjects.yaml",
  },
  {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    module: "github.com/external-secrets/external-secrets",
    // The newest that the module's path allows; the charts since then have the same version of the API.
    version: "v1.3.2",
    file: "config/crds/bases/external-secrets.io_externalsecrets.yaml",
  },
  {
    ...PROMETHEUS_OPERATOR,
    kind: "PodMonitor",
    file: "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
  },
  {
    ...PROMETHEUS_OPERATOR,
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
async function download(cluster: Cluster, { kind, module, version }: Definition): Promise<string> {
  const words = ["mod", "download", "-json", `${module}@${version}`];
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
