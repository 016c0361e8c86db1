import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { Construct } from "constructs";

import { arn } from "./arn";

export interface ServiceRoleProps {
  /** At most 64 characters. */
  readonly name: string;
  readonly description: string;
  /** The one AWS service that may assume the role, e.g. `eks.amazonaws.com`. */
  readonly service: string;
  /** What the service needs to assume it. @default ["sts:AssumeRole"] */
  readonly trustActions?: readonly string[];
  /** AWS managed policies by name below `arn:aws:iam::aws:policy/`, e.g. `AmazonEKSClusterPolicy`. */
  readonly managedPolicies?: readonly string[];
}

/** An IAM role that one AWS service assumes, with managed policies. */
export class ServiceRole extends Construct {
  readonly role: IamRole;
  /** For `dependsOn`: who uses the role before its policies are attached fails now and then. */
  readonly attachments: readonly IamRolePolicyAttachment[];

  constructor(scope: Construct, id: string, props: ServiceRoleProps) {
    super(scope, id);
    const { name, description, service, trustActions = ["sts:AssumeRole"], managedPolicies = [] } = props;
    this.role = new IamRole(this, "role", {
      name,
      description,
      assumeRolePolicy: policyDocument([{ Action: trustActions, Principal: { Service: service } }]),
    });
    this.attachments = managedPolicies.map(
      (policy) =>
        new IamRolePolicyAttachment(this, policy.replace(/^.*\//, ""), {
          role: this.role.name,
          policyArn: arn(this, `iam::aws:policy/${policy}`),
        }),
    );
  }
}

/**
 * What lets pods assume a role: Pod Identity tags the session, so `sts:TagSession` is needed too.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
 */
export const POD_IDENTITY_TRUST = {
  service: "pods.eks.amazonaws.com",
  trustActions: ["sts:AssumeRole", "sts:TagSession"],
} as const;

export interface PolicyStatement {
  readonly Sid?: string;
  /** @default "Allow" */
  readonly Effect?: "Allow" | "Deny";
  readonly Action: readonly string[];
  readonly Resource?: readonly string[];
  readonly Principal?: Readonly<Record<string, string>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * A policy as JSON; statements allow unless they say otherwise. In several lines, because cdktf's HCL writer
 * (`synth --hcl`) writes those as a heredoc; in one line with a reference, it would leave the quotes unescaped.
 */
export function policyDocument(statements: readonly PolicyStatement[]): string {
  const document = {
    Version: "2012-10-17",
    Statement: statements.map((statement) => ({ Effect: "Allow", ...statement })),
  };
  return JSON.stringify(document, undefined, 2);
}
