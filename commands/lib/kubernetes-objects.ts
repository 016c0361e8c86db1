import { z } from "zod";

/** An object of the Kubernetes API. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/**
 * The Kubernetes objects that a synthesized stack would make, as the API takes them, so that they can be applied or tried
 * without Terraform: in many variants at once, and those of environments whose cluster is not here.
 *
 * The provider's blocks are the API's fields in snake case and in the singular, with numbers as strings. The API's
 * strict field validation finds what this file gets wrong.
 */
export function kubernetesObjects(stack: unknown): KubernetesObject[] {
  const { resource } = stackSchema.parse(stack);
  return Object.entries(resource)
    .filter(([type]) => type.startsWith("kubernetes_"))
    .flatMap(([type, resources]) => Object.values(resources).map((block) => object(type, block)));
}

const stackSchema = z.object({
  resource: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))),
});

const VERSIONS: Readonly<Record<string, string>> = {
  kubernetes_cluster_role_binding_v1: "rbac.authorization.k8s.io/v1",
  kubernetes_cluster_role_v1: "rbac.authorization.k8s.io/v1",
  kubernetes_deployment_v1: "apps/v1",
  kubernetes_horizontal_pod_autoscaler_v2: "autoscaling/v2",
  kubernetes_ingress_v1: "networking.k8s.io/v1",
  kubernetes_config_map_v1: "v1",
  kubernetes_namespace_v1: "v1",
  kubernetes_network_policy_v1: "networking.k8s.io/v1",
  kubernetes_persistent_volume_claim_v1: "v1",
  kubernetes_pod_disruption_budget_v1: "policy/v1",
  kubernetes_role_binding_v1: "rbac.authorization.k8s.io/v1",
  kubernetes_role_v1: "rbac.authorization.k8s.io/v1",
  kubernetes_secret_v1: "v1",
  kubernetes_service_account_v1: "v1",
  kubernetes_service_v1: "v1",
  kubernetes_stateful_set_v1: "apps/v1",
  kubernetes_storage_class_v1: "storage.k8s.io/v1",
};

/** Arguments of Terraform and of the provider. */
const NOT_OF_THE_API = new Set(
  [
    "//",
    "depends_on",
    "timeouts",
    "lifecycle_rules",
    "wait_for_rollout",
    "wait_until_bound",
    "wait_for_load_balancer",
  ].concat(["data_wo", "data_wo_revision", "wait_for_default_service_account"]),
);

/** Blocks that stand for an entry of a list, by the list's name. */
const LISTS: Readonly<Record<string, string>> = {
  container: "containers",
  env: "env",
  path: "paths",
  port: "ports",
  volume: "volumes",
  volume_mount: "volumeMounts",
  volume_claim_template: "volumeClaimTemplates",
  topology_spread_constraint: "topologySpreadConstraints",
  toleration: "tolerations",
  metric: "metrics",
  policy: "policies",
  rule: "rules",
  subject: "subjects",
  secret: "secrets",
};

/** Blocks of which there is one; the provider's JSON may write each as a list of one. */
const SINGLE = new Set([
  "metadata",
  "spec",
  "behavior",
  "label_selector",
  "persistent_volume_claim_retention_policy",
  "pre_stop",
  "scale_down",
  "scale_up",
  "update_strategy",
  "rolling_update",
  "target",
  "resource",
]);

/** Maps whose keys are the user's. */
const MAPS = new Set(["labels", "annotations", "match_labels", "requests", "limits", "node_selector", "parameters"]);

/** Fields that the API wants as numbers; a port may be a name as well. */
const NUMBERS = new Set([
  "replicas",
  "run_as_user",
  "run_as_group",
  "fs_group",
  "port",
  "target_port",
  "max_unavailable",
  "min_available",
]);

function object(type: string, block: Readonly<Record<string, unknown>>): KubernetesObject {
  // Custom resources stand there as the API takes them.
  if (type === "kubernetes_manifest") return block["manifest"] as KubernetesObject;
  const apiVersion = VERSIONS[type];
  if (apiVersion === undefined)
    throw new Error(`${type} has no API version in commands/lib/kubernetes-objects.ts. Add it.`);
  const kind = type
    .replace(/^kubernetes_/, "")
    .replace(/_v\d+$/, "")
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
  // Terraform's lifecycle stands beside the spec, a container's in it.
  const ofTheApi = Object.fromEntries(Object.entries(block).filter(([name]) => name !== "lifecycle"));
  const body = fields(ofTheApi) as { provisioner?: string; storageProvisioner?: string };
  if (kind === "StorageClass") {
    body.provisioner = body.storageProvisioner ?? "";
    delete body.storageProvisioner;
  }
  return { apiVersion, kind, ...body } as unknown as KubernetesObject;
}

function fields(block: Readonly<Record<string, unknown>>, parent = ""): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(block)
      .filter(([name]) => !NOT_OF_THE_API.has(name))
      .map(([name, content]) => field(name, content, parent)),
  );
}

function field(name: string, content: unknown, parent: string): [string, unknown] {
  if (MAPS.has(name)) return [camel(name), content];
  // A port is a list of blocks in a container or a Service, one block in an Ingress, a value in a probe or a NetworkPolicy.
  const isBlock = typeof content === "object" && content !== null && !(name === "port" && parent === "service");
  if (isBlock && LISTS[name] !== undefined && !(name === "secret" && !Array.isArray(content)))
    return [LISTS[name], [content].flat().map((entry) => convert(name, entry))];
  if (SINGLE.has(name)) return [camel(name), convert(name, [content].flat()[0])];
  return [camel(name), Array.isArray(content) ? content.map((entry) => convert(name, entry)) : convert(name, content)];
}

function convert(name: string, content: unknown): unknown {
  if (typeof content === "object" && content !== null) return fields(content as Record<string, unknown>, name);
  if (typeof content !== "string") return content;
  if (name === "default_mode") return parseInt(content, 8);
  return NUMBERS.has(name) && /^\d+$/.test(content) ? Number(content) : content;
}

function camel(name: string): string {
  if (name === "cluster_ip") return "clusterIP";
  return name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
}
