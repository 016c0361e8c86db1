import { EksAddon } from "@cdktf/provider-aws/lib/eks-addon";
import { type EksCluster } from "@cdktf/provider-aws/lib/eks-cluster";
import { type ITerraformDependable } from "cdktf";
import { type Construct } from "constructs";

import { type AddonName } from "../../planning/catalogue/eks-releases";

export interface ClusterAddonProps {
  readonly cluster: EksCluster;
  /** Of `planning/catalogue/eks-releases.ts`; an add-on without one stays at the version of its first day. */
  readonly version: string;
  /** Settings of the add-on. @default the add-on's own */
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly dependsOn?: ITerraformDependable[];
}

/** An EKS add-on. What somebody changed by hand is overwritten. */
export function clusterAddon(scope: Construct, name: AddonName, props: ClusterAddonProps): EksAddon {
  const { cluster, version, configuration, dependsOn } = props;
  return new EksAddon(scope, name, {
    addonName: name,
    addonVersion: version,
    clusterName: cluster.name,
    resolveConflictsOnCreate: "OVERWRITE",
    resolveConflictsOnUpdate: "OVERWRITE",
    configurationValues: configuration && JSON.stringify(configuration),
    dependsOn,
  });
}
