import { type Release } from "@cdktf/provider-helm/lib/release";
import { Construct } from "constructs";

import { HelmChart } from "./helm-chart";

export interface EbsCsiDriverProps {
  /**
   * AWS region. Without it the controller asks the instance metadata service, which pods cannot reach through a hop
   * limit of 1.
   */
  readonly region: string;
  /** Tagged on the volumes, so that they can be told from those of other clusters. */
  readonly clusterName: string;
  /** Further tags of the volumes. */
  readonly volumeTags: Readonly<Record<string, string>>;
  readonly namespace: string;
  /** Service account that has the IAM role by Pod Identity. */
  readonly serviceAccountName: string;
  /** Controllers; a second one takes over when the node of the first fails. */
  readonly controllerReplicas: number;
}

/**
 * The driver that creates and attaches EBS volumes; without it every claim stays Pending.
 *
 * The controller runs as a user without rights; its AWS rights come with the service account. The node plugin
 * formats and mounts disks, so it stays privileged, and it tolerates every taint by the chart's default.
 * @see https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/charts/aws-ebs-csi-driver/values.yaml
 * @see https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/install.md#metadata
 */
export class EbsCsiDriver extends Construct {
  readonly release: Release;

  constructor(scope: Construct, id: string, props: EbsCsiDriverProps) {
    super(scope, id);
    this.release = new HelmChart(this, "chart", {
      chart: "aws-ebs-csi-driver",
      repository: "https://kubernetes-sigs.github.io/aws-ebs-csi-driver",
      version: "2.64.0",
      namespace: props.namespace,
      values: {
        controller: {
          region: props.region,
          k8sTagClusterId: props.clusterName,
          extraVolumeTags: props.volumeTags,
          replicaCount: props.controllerReplicas,
          serviceAccount: { create: true, name: props.serviceAccountName },
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            runAsGroup: 1000,
            fsGroup: 1000,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containerSecurityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
          },
        },
        // Its pods are not on the host's network, so a hop limit of 1 hides the instance metadata from them too. The
        // default would ask there first, and take the same facts from the Kubernetes API after the time-outs.
        node: { metadataSources: "kubernetes" },
      },
    }).release;
  }
}
