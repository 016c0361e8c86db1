import { Manifest } from "@cdktf/provider-kubernetes/lib/manifest";
import { Construct } from "constructs";

import { type AppConfig } from "../../config/schema";
import { SECRET_KEYS } from "../../service/src/contract";
import { workloadLabels } from "./workload-labels";

/** Where the External Secrets Operator reads the API keys, and the Secret that it makes of them. */
export interface ExternalApiKeysProps extends Omit<ApiKeys, "source"> {
  /** Name of the workload. */
  readonly workload: string;
  readonly namespace: string;
}

type ApiKeys = Extract<AppConfig["chat"]["apiKeys"], { source: "external-secret" }>;

/** How often the operator asks the store; the kubelet brings the file of the pod up to date within a minute or two more. */
const REFRESH_INTERVAL = "5m";

/**
 * The API keys from a secret store. Neither Terraform nor a pull request sees them: the plan has only their name.
 * @see https://external-secrets.io/latest/api/externalsecret/
 */
export class ExternalApiKeys extends Construct {
  readonly manifest: Manifest;

  constructor(scope: Construct, id: string, props: ExternalApiKeysProps) {
    super(scope, id);
    const { name, store, remoteKey, property } = props;
    this.manifest = new Manifest(this, "external-secret", {
      manifest: {
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        metadata: { name, namespace: props.namespace, labels: workloadLabels(props.workload) },
        spec: {
          refreshInterval: REFRESH_INTERVAL,
          secretStoreRef: { kind: store.kind, name: store.name },
          target: { name, creationPolicy: "Owner", deletionPolicy: "Retain" },
          data: [
            {
              secretKey: SECRET_KEYS.apiKeys,
              remoteRef: { key: remoteKey, ...(property === undefined ? {} : { property }) },
            },
          ],
        },
      },
      // The pods would otherwise wait for the Secret, and Terraform for the pods, without a word about the store.
      wait: { condition: [{ type: "Ready", status: "True" }] },
      timeouts: { create: "2m", update: "2m" },
    });
  }
}
