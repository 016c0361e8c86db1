import { EksAccessEntry } from "@cdktf/provider-aws/lib/eks-access-entry";
import { EksAccessPolicyAssociation } from "@cdktf/provider-aws/lib/eks-access-policy-association";
import { Construct } from "constructs";

import { arn } from "./arn";

export interface DiffClusterAccessProps {
  readonly clusterName: string;
  /** The role that diffs. */
  readonly principalArn: string;
  /** Kubernetes group that the role belongs to; RBAC gives it what no access policy gives so narrowly. */
  readonly group: string;
  /** Namespaces whose Secrets the diff must read: Helm keeps its releases in them. */
  readonly namespacesWithSecrets: readonly string[];
  /** Namespaces that it reads without their Secrets. */
  readonly namespaces: readonly string[];
}

/** Each policy can be associated with an entry once, so a policy lists all of its namespaces. */
const POLICIES = {
  /** Everything but Secrets and what gives rights. */
  view: "eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
  /** Get, list and watch of every kind, Secrets included. */
  adminView: "eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy",
} as const;

/**
 * What a diff may read in the cluster, namespace by namespace and nothing outside of them.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
 * @see https://github.com/aws/containers-roadmap/issues/2244 (why the view policy is not enough for Helm)
 */
export class DiffClusterAccess extends Construct {
  constructor(scope: Construct, id: string, props: DiffClusterAccessProps) {
    super(scope, id);
    const { clusterName, namespacesWithSecrets, namespaces } = props;
    const { principalArn } = new EksAccessEntry(this, "entry", {
      clusterName,
      principalArn: props.principalArn,
      kubernetesGroups: [props.group],
    });
    const allow = (policy: string, policyName: string, scoped: readonly string[]) => {
      if (scoped.length === 0) return;
      new EksAccessPolicyAssociation(this, policy, {
        clusterName,
        principalArn,
        policyArn: arn(this, policyName),
        accessScope: { type: "namespace", namespaces: [...scoped] },
      });
    };
    allow("view", POLICIES.view, namespaces);
    allow("admin-view", POLICIES.adminView, namespacesWithSecrets);
  }
}
