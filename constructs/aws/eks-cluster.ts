import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { EksCluster as EksClusterResource } from "@cdktf/provider-aws/lib/eks-cluster";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";

import { ServiceRole, policyDocument } from "./service-role";

export interface EksClusterProps {
  readonly name: string;
  /** Minor version, e.g. "1.35". */
  readonly kubernetesVersion: string;
  /** Subnets of at least two zones. */
  readonly subnetIds: string[];
  /** KMS key that encrypts Secrets in etcd. */
  readonly secretsKeyArn: string;
  /** CIDRs that may reach the public API endpoint; none makes the endpoint private. @default [] */
  readonly publicAccessCidrs?: readonly string[];
  readonly logRetentionDays: number;
  /** Refuses `destroy` until it is switched off. @default false */
  readonly deletionProtection?: boolean;
}

/** Every log type of the control plane. @see https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html */
const LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/**
 * An EKS control plane: access by access entries alone (no aws-auth ConfigMap), Secrets encrypted with our key, all
 * logs, and standard support only, so that an old version is upgraded instead of billed at six times the price.
 *
 * The private endpoint is always on: nodes reach the API server without leaving the VPC.
 */
export class EksCluster extends Construct {
  readonly cluster: EksClusterResource;

  constructor(scope: Construct, id: string, props: EksClusterProps) {
    super(scope, id);
    const { name, publicAccessCidrs = [], deletionProtection = false } = props;
    // EKS would create the group itself, without an end to the retention.
    const logs = new CloudwatchLogGroup(this, "logs", {
      name: `/aws/eks/${name}/cluster`,
      retentionInDays: props.logRetentionDays,
    });
    const controlPlane = new ServiceRole(this, "control-plane", {
      name: `${name}-control-plane`,
      description: "The control plane of the EKS cluster",
      service: "eks.amazonaws.com",
      managedPolicies: ["AmazonEKSClusterPolicy"],
    });
    const useKey = new IamRolePolicy(this, "use-key", {
      name: "use-secrets-key",
      role: controlPlane.role.id,
      policy: policyDocument([
        {
          Action: ["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"],
          Resource: [props.secretsKeyArn],
        },
      ]),
    });
    this.cluster = new EksClusterResource(this, "cluster", {
      name,
      version: props.kubernetesVersion,
      roleArn: controlPlane.role.arn,
      // The add-ons of this project replace the unmanaged ones.
      bootstrapSelfManagedAddons: false,
      enabledClusterLogTypes: LOG_TYPES,
      accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: true },
      encryptionConfig: { resources: ["secrets"], provider: { keyArn: props.secretsKeyArn } },
      upgradePolicy: { supportType: "STANDARD" },
      vpcConfig: {
        subnetIds: props.subnetIds,
        endpointPrivateAccess: true,
        endpointPublicAccess: publicAccessCidrs.length > 0,
        ...(publicAccessCidrs.length > 0 ? { publicAccessCidrs: [...publicAccessCidrs] } : {}),
      },
      ...(deletionProtection ? { deletionProtection: true } : {}),
      dependsOn: [logs, useKey, ...controlPlane.attachments],
    });
  }
}
