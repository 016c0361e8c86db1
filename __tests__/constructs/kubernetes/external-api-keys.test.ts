import { ExternalApiKeys, type ExternalApiKeysProps } from "../../../constructs/kubernetes/external-api-keys";
import { synthConstructs } from "../../helpers/synth-stack";

const PROPS: ExternalApiKeysProps = {
  workload: "chat-api",
  namespace: "carepath",
  name: "chat-keys",
  store: { kind: "ClusterSecretStore", name: "secrets-manager" },
  remoteKey: "carepath/chat-keys",
};

const synth = (props: Partial<ExternalApiKeysProps> = {}) =>
  synthConstructs((stack) => new ExternalApiKeys(stack, "keys", { ...PROPS, ...props })).one("kubernetes_manifest");

it("asks the store for the keys under the name that the pod mounts", () => {
  expect(synth()).toMatchObject({
    manifest: {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata: { name: "chat-keys", namespace: "carepath", labels: { "app.kubernetes.io/name": "chat-api" } },
      spec: {
        secretStoreRef: { kind: "ClusterSecretStore", name: "secrets-manager" },
        target: { name: "chat-keys", creationPolicy: "Owner" },
        data: [{ secretKey: "keys", remoteRef: { key: "carepath/chat-keys" } }],
      },
    },
  });
});

it("takes one field of a JSON value, and a store of the namespace", () => {
  expect(synth({ property: "keys", store: { kind: "SecretStore", name: "own" } })).toMatchObject({
    manifest: {
      spec: {
        secretStoreRef: { kind: "SecretStore", name: "own" },
        data: [{ remoteRef: { key: "carepath/chat-keys", property: "keys" } }],
      },
    },
  });
});

it("waits until the operator has made the Secret, so that a wrong store does not look like a slow model", () => {
  expect(synth()).toMatchObject({
    wait: { condition: [{ type: "Ready", status: "True" }] },
    timeouts: { create: "2m", update: "2m" },
  });
});
