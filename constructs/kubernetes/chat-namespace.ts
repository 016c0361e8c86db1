import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { Construct } from "constructs";

import { PROJECT_LABELS } from "./workload-labels";

export interface ChatNamespaceProps {
  readonly name: string;
  /**
   * Version of the Pod Security Standard, e.g. "v1.35". Pinned, so that an upgrade of the cluster does not refuse pods
   * that ran the day before; "latest" follows the cluster.
   */
  readonly podSecurityVersion: string;
  /** Its pods are ready only once a load balancer has found them healthy. @default false */
  readonly readinessGates?: boolean;
}

/**
 * A namespace whose pods must meet the Pod Security Standard `restricted`: refused, logged and shown to the user alike.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export class ChatNamespace extends Construct {
  readonly namespace: NamespaceV1;

  constructor(scope: Construct, id: string, { name, podSecurityVersion, readinessGates }: ChatNamespaceProps) {
    super(scope, id);
    const security = ["enforce", "audit", "warn"].flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, "restricted"],
      [`pod-security.kubernetes.io/${mode}-version`, podSecurityVersion],
    ]);
    this.namespace = new NamespaceV1(this, "namespace", {
      metadata: {
        name,
        labels: {
          ...PROJECT_LABELS,
          ...(Object.fromEntries(security) as Record<string, string>),
          // https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
          ...(readinessGates === true ? { "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled" } : {}),
        },
      },
      // Its pods may use their whole grace period, and its claims give their volumes back.
      timeouts: { delete: "15m" },
    });
  }
}
