import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { Construct } from "constructs";

export interface ChatNamespaceProps {
  readonly name: string;
  /**
   * Version of the Pod Security Standard, e.g. "v1.35". Pinned, so that an upgrade of the cluster does not refuse pods
   * that ran the day before; "latest" follows the cluster.
   */
  readonly podSecurityVersion: string;
}

/**
 * A namespace whose pods must meet the Pod Security Standard `restricted`: refused, logged and shown to the user alike.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export class ChatNamespace extends Construct {
  readonly namespace: NamespaceV1;

  constructor(scope: Construct, id: string, { name, podSecurityVersion }: ChatNamespaceProps) {
    super(scope, id);
    const security = ["enforce", "audit", "warn"].flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, "restricted"],
      [`pod-security.kubernetes.io/${mode}-version`, podSecurityVersion],
    ]);
    this.namespace = new NamespaceV1(this, "namespace", {
      metadata: {
        name,
        labels: {
          "app.kubernetes.io/part-of": "carepath",
          "app.kubernetes.io/managed-by": "terraform",
          ...(Object.fromEntries(security) as Record<string, string>),
        },
      },
      // Its pods may use their whole grace period, and its claims give their volumes back.
      timeouts: { delete: "15m" },
    });
  }
}
