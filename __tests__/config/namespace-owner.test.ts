import { namespaceOwner } from "../../config/namespace-owner";
import { eksConfig, existingClusterConfig } from "../helpers/sample-config";

const SECRET = { source: "existing-secret", name: "chat-keys" } as const;

it.each([
  ["platform", "on EKS with a Secret that no stack writes", eksConfig({ apiKeys: SECRET })],
  ["chat", "without keys", eksConfig()],
  ["chat", "with keys that Terraform writes", eksConfig({ apiKeys: { source: "terraform-variable" } })],
  ["chat", "on an existing cluster, which has no platform stack", existingClusterConfig({ apiKeys: SECRET })],
  [undefined, "that exists already", eksConfig({ apiKeys: SECRET, createNamespace: false })],
])("%s creates the namespace %s", (owner, _, config) => {
  expect(namespaceOwner(config)).toBe(owner);
});
