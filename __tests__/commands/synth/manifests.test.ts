import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseAllDocuments } from "yaml";

import { manifestsOf } from "../../../commands/synth/manifests";
import { type KubernetesObject } from "../../../commands/lib/kubernetes-objects";
import { synthEnvironment } from "../../helpers/synth-app";

const folder = mkdtempSync(join(tmpdir(), "manifests-"));
afterAll(() => rmSync(folder, { recursive: true }));

function manifests(environment: string, variables: NodeJS.ProcessEnv = {}) {
  const { stacks } = synthEnvironment(environment, variables);
  const folders = [...stacks].map(([name, stack]) => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, "cdk.tf.json"), JSON.stringify(stack.json));
    return { name, folder: join(folder, name), dependencies: [] };
  });
  const { text, notes } = manifestsOf(folders, `carepath-${environment}-chat`);
  return { text, notes, objects: parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject) };
}

it("the chat stack of an existing cluster is complete, the namespace first and the pods after what they need", () => {
  const { objects, notes, text } = manifests("local");
  expect(objects.map(({ kind }) => kind)).toEqual([
    "Namespace",
    "ServiceAccount",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "Service",
    "Deployment",
  ]);
  expect(notes).toEqual(["The StorageClass standard must exist: kubectl get storageclass standard"]);
  expect(text).toContain("app.kubernetes.io/managed-by: kubectl");
  expect(text).not.toMatch(/terraform|\$\{/);
});

it("an environment on EKS needs the address of its image, and has its namespace from the platform stack", () => {
  expect(() => manifests("demo")).toThrow(
    "Deployment chat-api: the image is in the ECR repository of the cluster stack, which Terraform alone knows. Set CAREPATH_IMAGE_REPOSITORY",
  );
  const image = { CAREPATH_IMAGE_REPOSITORY: "registry.example/chat" };
  const { objects, notes } = manifests("demo", image);
  expect(objects[0]).toMatchObject({ kind: "Namespace", metadata: { name: "carepath-demo" } });
  expect(objects.at(-1)).toMatchObject({ kind: "Deployment", metadata: { namespace: "carepath-demo" } });
  expect(notes).toContain("The StorageClass gp3 must exist: kubectl get storageclass gp3");
  expect(() => manifests("production", image)).toThrow(
    /^Ingress chat-api has a value that only Terraform knows \(.*certificate.*\)\. Deploy this environment with npm run deploy\.$/,
  );
});

it("an engine by Helm is not left out in silence", () => {
  expect(() => manifests("scale")).toThrow(
    "The engine of this environment is a Helm release. Deploy it with npm run deploy.",
  );
});

it("a Secret whose content must not be in a file is left to the person", () => {
  const { objects, notes } = manifestsWithKeys();
  expect(objects.map(({ kind }) => kind)).not.toContain("Secret");
  expect(notes[0]).toBe(
    "The Secret chat-api-keys is not in the file: kubectl --namespace carepath-demo create secret generic chat-api-keys --from-file=keys=FILE",
  );
});

function manifestsWithKeys() {
  const stack = {
    resource: {
      kubernetes_secret_v1: { keys: { metadata: { name: "chat-api-keys", namespace: "carepath-demo" }, data_wo: {} } },
      kubernetes_service_account_v1: { account: { metadata: { name: "chat-api", namespace: "carepath-demo" } } },
    },
  };
  const path = join(folder, "keys");
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "cdk.tf.json"), JSON.stringify(stack));
  const { text, notes } = manifestsOf([{ name: "keys", folder: path, dependencies: [] }], "keys");
  return { notes, objects: parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject) };
}
