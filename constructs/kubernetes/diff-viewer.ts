import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { ClusterRoleV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-v1";
import { Construct } from "constructs";

import { PROJECT_LABELS } from "./workload-labels";

/** API group of roles and their bindings. */
export const RBAC = "rbac.authorization.k8s.io";

/** A namespaced object whose kind no access policy of EKS covers. */
export interface CustomResource {
  readonly apiGroup: string;
  /** Plural, e.g. `externalsecrets`. */
  readonly resource: string;
  readonly name: string;
}

export interface DiffViewerProps {
  /** Group of the access entry; also the name of the role. */
  readonly group: string;
  readonly storageClassName: string;
  readonly namespace: string;
  /** @default [] */
  readonly customResources?: readonly CustomResource[];
  /** Name of the roles that `DeployEditor` makes. @default none */
  readonly deployGroup?: string | undefined;
}

export const READ_DEFINITIONS = {
  apiGroups: ["apiextensions.k8s.io"],
  resources: ["customresourcedefinitions"],
  verbs: ["get", "list"],
};

/**
 * What the diff of a pull request reads besides what an access policy gives it in its namespaces, by name: the storage
 * class, the namespace, this role itself and custom resources. An access policy for it would cover the whole cluster,
 * Secrets included. For a custom resource the provider also lists the definitions, which only say what fields there are.
 */
export class DiffViewer extends Construct {
  constructor(scope: Construct, id: string, props: DiffViewerProps) {
    super(scope, id);
    const { group, storageClassName, namespace, customResources = [], deployGroup } = props;
    const metadata = {
      name: group,
      labels: PROJECT_LABELS,
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
        get(RBAC, ["clusterroles", "clusterrolebindings"], group),
        ...customResources.map(({ apiGroup, resource, name }) => get(apiGroup, [resource], name)),
        ...(customResources.length === 0 ? [] : [READ_DEFINITIONS]),
        ...(deployGroup === undefined
          ? []
          : [get(RBAC, ["roles", "rolebindings", "clusterroles", "clusterrolebindings"], deployGroup)]),
      ],
    });
    new ClusterRoleBindingV1(this, "binding", {
      metadata,
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: role.metadata.name },
      subject: [{ apiGroup: RBAC, kind: "Group", name: group }],
    });
  }
}
