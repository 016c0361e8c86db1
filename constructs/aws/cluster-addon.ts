import { EksAddon } from "@cdktf/provider-aws/lib/eks-addon";
import { type ITerraformDependable } from "cdktf";
import { type Construct } from "constructs";

export interface ClusterAddonProps {
  readonly clusterName: string;
  /** Settings of the add-on. @default the add-on's own */
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly dependsOn?: ITerraformDependable[];
}

/** Name of an EKS add-on that this project installs. */
export type AddonName = "vpc-cni" | "kube-proxy" | "coredns" | "eks-pod-identity-agent";

/**
 * An EKS add-on in the default version of the cluster's Kubernetes version: an upgrade of the cluster takes it along.
 * What somebody changed by hand is overwritten.
 */
export function clusterAddon(scope: Construct, name: AddonName, props: ClusterAddonProps): EksAddon {
  const { clusterName, configuration, dependsOn } = props;
  return new EksAddon(scope, name, {
    addonName: name,
    clusterName,
    resolveConflictsOnCreate: "OVERWRITE",
    resolveConflictsOnUpdate: "OVERWRITE",
    ...(configuration === undefined ? {} : { configurationValues: JSON.stringify(configuration) }),
    ...(dependsOn === undefined ? {} : { dependsOn }),
  });
}
