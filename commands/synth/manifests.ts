/** The chat stack as plain Kubernetes YAML, for a cluster that Terraform does not manage. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { stringify } from "yaml";

import { UsageError } from "../lib/command-line";
import { kubernetesObjects, type KubernetesObject } from "../lib/kubernetes-objects";
import { type StackFolder } from "../lib/stack-folders";

/** What must be there before what: a pod is created with its account, its NetworkPolicy and its claim in place. */
const ORDER = ["Namespace", "ServiceAccount", "Secret", "NetworkPolicy", "PersistentVolumeClaim", "Service"];

export interface Manifests {
  readonly text: string;
  /** What the YAML leaves to the person, a sentence each. */
  readonly notes: readonly string[];
}

/** @throws {UsageError} where a value is known to Terraform alone */
export function manifestsOf(stacks: readonly StackFolder[], chatStack: string): Manifests {
  const objects = stacks.flatMap(({ name, folder }) => {
    const stack: unknown = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8"));
    if (name === chatStack) refuseCharts(stack);
    const all = kubernetesObjects(stack);
    return name === chatStack ? all : all.filter(({ kind }) => kind === "Namespace");
  });
  const secrets = objects.filter(({ kind }) => kind === "Secret");
  const kept = inOrder(objects.filter(({ kind }) => kind !== "Secret")).map(ofKubectl);
  refuseTokens(kept);
  return {
    text: kept.map((object) => stringify(object, { lineWidth: 0 })).join("---\n"),
    notes: [
      ...secrets.map(
        ({ metadata: { name, namespace = "default" } }) =>
          `The Secret ${name} is not in the file: kubectl --namespace ${namespace} create secret generic ${name} --from-file=keys=FILE`,
      ),
      ...storageClasses(kept).map((name) => `The StorageClass ${name} must exist: kubectl get storageclass ${name}`),
    ],
  };
}

function inOrder(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const rank = ({ kind }: KubernetesObject) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);
  return [...objects].sort((a, b) => rank(a) - rank(b));
}

/** Labels say who manages an object, and here it is not Terraform. */
function ofKubectl(object: KubernetesObject): KubernetesObject {
  return JSON.parse(
    JSON.stringify(object).replaceAll(
      '"app.kubernetes.io/managed-by":"terraform"',
      '"app.kubernetes.io/managed-by":"kubectl"',
    ),
  ) as KubernetesObject;
}

/** The pods of an engine on GPUs come from its chart. */
function refuseCharts(stack: unknown): void {
  const { resource = {} } = stack as { resource?: Readonly<Record<string, unknown>> };
  if (resource["helm_release"] === undefined) return;
  throw new UsageError("The engine of this environment is a Helm release. Deploy it with npm run deploy.");
}

function refuseTokens(objects: readonly KubernetesObject[]): void {
  for (const object of objects) {
    const token = /\$\{[^}]*\}/.exec(JSON.stringify(object))?.[0];
    if (token === undefined) continue;
    const { kind, metadata } = object;
    throw new UsageError(
      token.includes("aws_ecr_repository")
        ? `${kind} ${metadata.name}: the image is in the ECR repository of the cluster stack, which Terraform alone knows. ` +
            `Set CAREPATH_IMAGE_REPOSITORY to its address, e.g. 123456789012.dkr.ecr.us-east-1.amazonaws.com/carepath-demo/chat-service.`
        : `${kind} ${metadata.name} has a value that only Terraform knows (${token}). Deploy this environment with npm run deploy.`,
    );
  }
}

function storageClasses(objects: readonly KubernetesObject[]): string[] {
  const names = [...JSON.stringify(objects).matchAll(/"storageClassName":"([^"]+)"/g)].map(([, name = ""]) => name);
  return [...new Set(names)];
}
