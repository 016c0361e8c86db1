import { DataAwsEksAddonVersion } from "@cdktf/provider-aws/lib/data-aws-eks-addon-version";
import { EksAddon } from "@cdktf/provider-aws/lib/eks-addon";
import { type EksCluster } from "@cdktf/provider-aws/lib/eks-cluster";
import { type ITerraformDependable } from "cdktf";
import { type Construct } from "constructs";

export interface ClusterAddonProps {
  readonly cluster: EksCluster;
  /** Settings of the add-on. @default the add-on's own */
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly dependsOn?: ITerraformDependable[];
}

/** Name of an EKS add-on that this project installs. */
export type AddonName = "vpc-cni" | "kube-proxy" | "coredns" | "eks-pod-identity-agent";

/**
 * An EKS add-on in the version that EKS recommends for the cluster's Kubernetes version. The version is looked up at
 * every plan, because an add-on without one stays at the version of its first day: an upgrade of the cluster takes it
 * along only this way. So a diff may also show a patch that AWS has made the recommended one since.
 * What somebody changed by hand is overwritten.
 * @see https://registry.terraform.io/providers/hashicorp/aws/6.25.0/docs/data-sources/eks_addon_version
 */
export function clusterAddon(scope: Construct, name: AddonName, props: ClusterAddonProps): EksAddon {
  const { cluster, configuration, dependsOn } = props;
  const recommended = new DataAwsEksAddonVersion(scope, `${name}-version`, {
    addonName: name,
    kubernetesVersion: cluster.version,
  });
  return new EksAddon(scope, name, {
    addonName: name,
    addonVersion: recommended.version,
    clusterName: cluster.name,
    resolveConflictsOnCreate: "OVERWRITE",
    resolveConflictsOnUpdate: "OVERWRITE",
    configurationValues: configuration && JSON.stringify(configuration),
    dependsOn,
  });
}
