import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { type IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { KmsGrant } from "@cdktf/provider-aws/lib/kms-grant";
import { Construct } from "constructs";

import { arn } from "./arn";
import { policyDocument } from "./service-role";

export interface VolumeKeyAccessProps {
  /** Customer-managed KMS key of the volumes. */
  readonly keyArn: string;
  /** Role of the EBS CSI controller. */
  readonly controller: IamRole;
}

/**
 * Lets the two that create volumes use a customer-managed key: EC2 Auto Scaling for the root volumes of nodes, by a grant to
 * its service-linked role, and the EBS CSI controller for the caches, by its own role. The policy of the key must leave
 * the decision to IAM, as the default one does.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 * @see https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/install.md (KMS)
 */
export class VolumeKeyAccess extends Construct {
  readonly autoScaling: KmsGrant;
  readonly controller: IamRolePolicy;

  constructor(scope: Construct, id: string, { keyArn, controller }: VolumeKeyAccessProps) {
    super(scope, id);
    const { accountId } = new DataAwsCallerIdentity(this, "caller");
    this.autoScaling = new KmsGrant(this, "auto-scaling", {
      keyId: keyArn,
      granteePrincipal: arn(
        this,
        `iam::${accountId}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
      ),
      operations: [
        "CreateGrant",
        "Decrypt",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
      ],
    });
    this.controller = new IamRolePolicy(this, "controller", {
      name: "use-volume-key",
      role: controller.id,
      policy: policyDocument([
        {
          Action: [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
          ],
          Resource: [keyArn],
        },
        {
          Action: ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
          Resource: [keyArn],
          Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
        },
      ]),
    });
  }
}
