import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { ClusterRoleV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-v1";
import { RoleBindingV1 } from "@cdktf/provider-kubernetes/lib/role-binding-v1";
import { RoleV1 } from "@cdktf/provider-kubernetes/lib/role-v1";
import { type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

import { type CustomResource, RBAC, READ_DEFINITIONS } from "./diff-viewer";
import { PROJECT_LABELS } from "./workload-labels";

export interface DeployEditorProps {
  /** Group of the access entry; also the name of the roles. */
  readonly group: string;
  readonly namespace: string;
  /** At least one. */
  readonly customResources: readonly CustomResource[];
  /** The namespace, where this stack makes it. @default [] */
  readonly dependsOn?: ITerraformDependable[];
}

/**
 * What a deploy of the chat stack changes besides what its access policy gives it in the namespace: kinds that are not
 * Kubernetes' own. The policy of EKS for them is that of an administrator of the cluster.
 */
export class DeployEditor extends Construct {
  constructor(scope: Construct, id: string, props: DeployEditorProps) {
    super(scope, id);
    const { group: name, namespace, customResources, dependsOn } = props;
    const subject = [{ apiGroup: RBAC, kind: "Group", name }];
    const groups = [...new Set(customResources.map(({ apiGroup }) => apiGroup))];
    const role = new RoleV1(this, "role", {
      metadata: { name, namespace, labels: PROJECT_LABELS },
      rule: groups.map((apiGroup) => ({
        apiGroups: [apiGroup],
        resources: customResources.filter((each) => each.apiGroup === apiGroup).map(({ resource }) => resource),
        verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
      })),
      dependsOn,
    });
    new RoleBindingV1(this, "binding", {
      metadata: { name, namespace, labels: PROJECT_LABELS },
      roleRef: { apiGroup: RBAC, kind: "Role", name: role.metadata.name },
      subject,
      dependsOn,
    });
    const reader = new ClusterRoleV1(this, "definitions", {
      metadata: { name, labels: PROJECT_LABELS },
      rule: [READ_DEFINITIONS],
    });
    new ClusterRoleBindingV1(this, "definitions-binding", {
      metadata: { name, labels: PROJECT_LABELS },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: reader.metadata.name },
      subject,
    });
  }
}
