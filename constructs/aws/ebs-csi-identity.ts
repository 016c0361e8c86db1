import { EksPodIdentityAssociation } from "@cdktf/provider-aws/lib/eks-pod-identity-association";
import { type IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

import { POD_IDENTITY_TRUST, ServiceRole } from "./service-role";

export interface EbsCsiIdentityProps {
  /** Prefix of the role's name. */
  readonly name: string;
  readonly clusterName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** The Pod Identity agent. @default [] */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * Only volumes that carry the driver's own tag. Unlike its predecessor it does not lie below `service-role/`: attaching
 * it from there fails with NoSuchEntity.
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEBSCSIDriverPolicyV2.html
 */
const DRIVER_POLICY = "AmazonEBSCSIDriverPolicyV2";

/** The IAM identity of the EBS CSI controller: without it the driver runs, and every volume claim stays Pending. */
export class EbsCsiIdentity extends Construct {
  readonly role: IamRole;

  constructor(scope: Construct, id: string, props: EbsCsiIdentityProps) {
    super(scope, id);
    const controller = new ServiceRole(this, "controller", {
      name: `${props.name}-ebs-csi`,
      description: "The EBS CSI controller: creates, attaches and resizes volumes",
      ...POD_IDENTITY_TRUST,
      managedPolicies: [DRIVER_POLICY],
    });
    this.role = controller.role;
    new EksPodIdentityAssociation(this, "association", {
      clusterName: props.clusterName,
      namespace: props.namespace,
      serviceAccount: props.serviceAccount,
      roleArn: controller.role.arn,
      dependsOn: [...controller.attachments, ...(props.dependsOn ?? [])],
    });
  }
}
