import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { ClusterRoleV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-v1";
import { Construct } from "constructs";

export interface DiffViewerProps {
  /** Group of the access entry; also the name of the role. */
  readonly group: string;
  readonly storageClassName: string;
  readonly namespace: string;
}

/**
 * What the diff of a pull request reads outside of namespaces, by name: the storage class, the namespace, and this role
 * itself. An access policy for it would cover the whole cluster, Secrets included.
 */
export class DiffViewer extends Construct {
  constructor(scope: Construct, id: string, { group, storageClassName, namespace }: DiffViewerProps) {
    super(scope, id);
    const metadata = {
      name: group,
      labels: { "app.kubernetes.io/part-of": "carepath", "app.kubernetes.io/managed-by": "terraform" },
    };
    const get = (apiGroup: string, resources: string[], name: string) => ({
      apiGroups: [apiGroup],
      resources,
      resourceNames: [name],
      verbs: ["get"],
    });
    const role = new ClusterRoleV1(this, "role", {
      metadata,
      rule: [
        get("storage.k8s.io", ["storageclasses"], storageClassName),
        get("", ["namespaces"], namespace),
        get("rbac.authorization.k8s.io", ["clusterroles", "clusterrolebindings"], group),
      ],
    });
    new ClusterRoleBindingV1(this, "binding", {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
      subject: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: group }],
    });
  }
}
