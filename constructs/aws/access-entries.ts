import { EksAccessEntry } from "@cdktf/provider-aws/lib/eks-access-entry";
import { EksAccessPolicyAssociation } from "@cdktf/provider-aws/lib/eks-access-policy-association";
import { Construct } from "constructs";

import { arn } from "./arn";

export interface AccessEntriesProps {
  readonly clusterName: string;
  /** ARNs of IAM roles or users. */
  readonly administrators: readonly string[];
}

/**
 * Who may administer the cluster besides its creator, by IAM principal.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
 */
export class AccessEntries extends Construct {
  constructor(scope: Construct, id: string, { clusterName, administrators }: AccessEntriesProps) {
    super(scope, id);
    for (const principalArn of administrators) {
      // Account and name: stable when the list is reordered, and different for a role and a user of the same name.
      const principal = principalArn.replace(/^arn:[\w-]+:iam::/, "").replace(/[^\w-]/g, "-");
      const entry = new EksAccessEntry(this, principal, { clusterName, principalArn });
      new EksAccessPolicyAssociation(this, `${principal}-administrator`, {
        clusterName,
        principalArn: entry.principalArn,
        policyArn: arn(this, "eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"),
        accessScope: { type: "cluster" },
      });
    }
  }
}
