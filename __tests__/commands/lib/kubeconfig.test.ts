import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { contextOf, contextsIn, defaultKubeconfigs, kubeconfigPath } from "../../../commands/lib/kubeconfig";
import { eksConfig, existingClusterConfig } from "../../helpers/sample-config";

const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ARN = "arn:aws:eks:eu-central-1:123456789012:cluster/carepath-sample";

function file(name: string, contexts: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  const entries = Object.entries(contexts).map(([context, cluster]) => ({ name: context, context: { cluster } }));
  writeFileSync(path, JSON.stringify({ contexts: entries }));
  return path;
}

describe("the context of the cluster of an environment", () => {
  it("is found by the ARN of the cluster, whatever the context is called", () => {
    expect(contextOf(eksConfig(), [{ name: "renamed", cluster: ARN }])?.name).toBe("renamed");
  });

  it.each([
    ["a context that is only called so", { name: ARN, cluster: "minikube" }],
    ["the same name in another region", { name: "a", cluster: ARN.replace("eu-central-1", "eu-west-1") }],
    ["a longer name", { name: "a", cluster: `${ARN}-2` }],
    ["a cluster of kind", { name: "a", cluster: "carepath-sample" }],
  ])("is not %s", (_, context) => {
    expect(contextOf(eksConfig(), [context])).toBeUndefined();
  });

  it("is found in each file of KUBECONFIG, of which not all need be there", () => {
    const [one, two] = [file("one", { minikube: "minikube" }), file("two", { ours: ARN })];
    const files = defaultKubeconfigs({ KUBECONFIG: `${one}:${folder}/missing:${two}`, HOME: "/home/ann" });
    expect(files).toEqual([one, two]);
    expect(contextOf(eksConfig(), contextsIn(files) ?? [])?.name).toBe("ours");
  });
});

it("takes the file of the home folder where KUBECONFIG names none that is there", () => {
  for (const env of [{}, { KUBECONFIG: "" }, { KUBECONFIG: `${folder}/missing` }])
    expect(defaultKubeconfigs({ ...env, HOME: "/home/ann" })).toEqual(["/home/ann/.kube/config"]);
});

it("knows no contexts where a file cannot be read, and none in an empty one", () => {
  expect(contextsIn([join(folder, "missing")])).toBeUndefined();
  writeFileSync(join(folder, "empty"), "contexts:\n");
  expect(contextsIn([join(folder, "empty")])).toEqual([]);
});

it("finds the file of an existing cluster from the home folder", () => {
  const config = existingClusterConfig({}, { kubeconfigPath: "~/lab" });
  expect(kubeconfigPath(config, { HOME: "/home/ann" })).toBe("/home/ann/lab");
});
