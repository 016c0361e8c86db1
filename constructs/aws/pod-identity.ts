import { EksPodIdentityAssociation } from "@cdktf/provider-aws/lib/eks-pod-identity-association";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

import { POD_IDENTITY_TRUST, policyDocument, type PolicyStatement, ServiceRole } from "./service-role";

export interface PodIdentityProps {
  /** Name of the role, at most 64 characters. */
  readonly name: string;
  /** Who has the role and for what. */
  readonly description: string;
  readonly clusterName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly statements: readonly PolicyStatement[];
  /** The Pod Identity agent. @default [] */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** An IAM role for the pods of one service account. */
export class PodIdentity extends Construct {
  constructor(scope: Construct, id: string, props: PodIdentityProps) {
    super(scope, id);
    const { role } = new ServiceRole(this, "role", {
      name: props.name,
      description: props.description,
      ...POD_IDENTITY_TRUST,
    });
    const policy = new IamRolePolicy(this, "policy", {
      name: "permit",
      role: role.id,
      policy: policyDocument(props.statements),
    });
    new EksPodIdentityAssociation(this, "association", {
      clusterName: props.clusterName,
      namespace: props.namespace,
      serviceAccount: props.serviceAccount,
      roleArn: role.arn,
      dependsOn: [policy, ...(props.dependsOn ?? [])],
    });
  }
}
