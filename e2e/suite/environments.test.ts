/** What synth writes for every environment is what an API server accepts, field by field. */
import { PRODUCTION_VARIABLES, SCALE_VARIABLES } from "../../__tests__/helpers/production-variables";
import { Cluster, type KubernetesObject } from "../lib/cluster";
import { DEFINITIONS, installDefinitions, removeDefinitions } from "../lib/definitions";
import { modelFile } from "../lib/model-files";
import { Project } from "../lib/project";
import { settings } from "../lib/settings";

const cluster = new Cluster(settings());
const project = new Project(cluster.settings, "accepted");
const { namespace } = project;
const IMAGE = { CAREPATH_IMAGE_DIGEST: `sha256:${"0".repeat(64)}` };

afterAll(async () => {
  await cluster.deleteNamespaces([namespace]);
  await removeDefinitions(cluster);
});

it.each([
  ["demo", { ...IMAGE, CAREPATH_API_CIDRS: "52.94.236.248/32" }, [], 1],
  ["production", { ...PRODUCTION_VARIABLES, CAREPATH_API_CIDRS: "52.94.236.248/32" }, ["ScaledObject"], 1],
  ["local", {}, [], 1],
  // Its engine is a Helm release, which Terraform alone renders.
  ["scale", { ...SCALE_VARIABLES, CAREPATH_API_CIDRS: "52.94.236.248/32" }, [], 0],
])(
  "every object of %s is accepted, and its pods meet the namespace's Pod Security Standard",
  async (name, env, customKinds, pods) => {
    await project.synth({ CAREPATH_ENV: name, ...env });
    const objects = inOneNamespace(project.objects());
    expect(customKindsOf(objects)).toEqual(customKinds);
    await isAccepted(objects, pods);
  },
);

it("an ExternalSecret for the keys, a PodMonitor and a PrometheusRule are accepted", async () => {
  const store = { kind: "ClusterSecretStore", name: "secrets" } as const;
  const apiKeys = { source: "external-secret", name: "chat-keys", store, remoteKey: "carepath/keys" } as const;
  const model = await modelFile(cluster.settings, "small");
  project.configure(
    { ...model, url: `http://${cluster.settings.address}:1/` },
    { apiKeys },
    { monitoring: { prometheus: true } },
  );
  await project.synth({ CAREPATH_ENV: "local" });
  const objects = inOneNamespace(project.objects());
  expect(customKindsOf(objects)).toEqual(["ExternalSecret", "PodMonitor", "PrometheusRule"]);
  await isAccepted(objects);
});

it("a field that the definition of a custom resource does not know is refused", async () => {
  const [secret] = inOneNamespace(project.objects()).filter(({ kind }) => kind === "ExternalSecret");
  const wrong = { ...secret, spec: { ...(secret?.["spec"] as object), refreshEvery: "5m" } };
  await expect(cluster.apply([wrong], "--dry-run=server", "--validate=strict")).rejects.toThrow("refreshEvery");
});

it("a field that the API does not know is refused, so the tests above can fail", async () => {
  await project.synth({ CAREPATH_ENV: "local" });
  const [account] = project.objects().filter(({ kind }) => kind === "ServiceAccount");
  const wrong = { ...account, metadata: { ...account?.metadata, namespace }, automountToken: false };
  await expect(cluster.apply([wrong], "--dry-run=server", "--validate=strict")).rejects.toThrow("automountToken");
});

async function isAccepted(objects: readonly KubernetesObject[], podsOfIt = 1): Promise<void> {
  await installDefinitions(cluster, objects);
  // A dry run makes no namespace for the objects in it, and no account for the pods.
  const made = (object: KubernetesObject): boolean => isNamespace(object) || object.kind === "ServiceAccount";
  const [own, others] = [objects.filter(made), objects.filter((object) => !made(object))];
  await cluster.apply(
    own.sort((a, b) => Number(isNamespace(b)) - Number(isNamespace(a))),
    "--validate=strict",
  );
  const pods = others.flatMap(podOf);
  expect(pods.length).toBe(podsOfIt);
  const text = await cluster.apply([...others, ...pods], "--dry-run=server", "--validate=strict");
  expect(text.trim().split("\n").length).toBe(others.length + pods.length);
  expect(
    text
      .trim()
      .split("\n")
      .filter((line) => !/(created|configured|unchanged) \(server dry run\)$/.test(line)),
  ).toEqual([]);
}

function customKindsOf(objects: readonly KubernetesObject[]): string[] {
  const custom = objects.filter(({ apiVersion, kind }) =>
    DEFINITIONS.some((each) => each.apiVersion === apiVersion && each.kind === kind),
  );
  return [...new Set(custom.map(({ kind }) => kind))].sort();
}

function isNamespace({ kind }: KubernetesObject): boolean {
  return kind === "Namespace";
}

function inOneNamespace(objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.map((object) => ({
    ...object,
    metadata: isNamespace(object)
      ? { ...object.metadata, name: namespace }
      : { ...object.metadata, ...(object.metadata.namespace === undefined ? {} : { namespace }) },
  }));
}

/** The pod that a controller would make: admission judges pods, not templates. */
function podOf({ kind, metadata, ...object }: KubernetesObject): object[] {
  if (kind !== "Deployment" && kind !== "StatefulSet") return [];
  const { template, volumeClaimTemplates = [] } = object["spec"] as {
    template: { metadata: object; spec: { volumes: object[] } };
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
  const spec = { ...template.spec, volumes: [...template.spec.volumes, ...claims] };
  return [{ apiVersion: "v1", kind: "Pod", metadata: { ...template.metadata, name: metadata.name, namespace }, spec }];
}
