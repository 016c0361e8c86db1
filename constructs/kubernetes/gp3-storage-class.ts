import { StorageClassV1 } from "@cdktf/provider-kubernetes/lib/storage-class-v1";
import { type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

import { GP3, gp3Violations, refuseViolations } from "../../planning/workload-rules";

export interface Gp3StorageClassProps {
  readonly name: string;
  /** @default 3000, included in the price */
  readonly iops?: number;
  /** MiB/s. @default 125, included in the price */
  readonly throughputMiBps?: number;
  /** Size of the smallest volume of the class, GiB, to check `iops` against. @default not checked */
  readonly smallestVolumeGiB?: number;
  /**
   * Serve claims that name no class. Off, because it speaks for the whole cluster: EKS has no default class since 1.30,
   * and with two of them Kubernetes takes the newest one. The model cache names its class.
   * @default false
   */
  readonly defaultClass?: boolean;
  /** What must exist before a claim of this class: the driver. */
  readonly dependsOn?: ITerraformDependable[];
}

/**
 * gp3 volumes: encrypted, created in the zone of the first pod that claims them, and able to grow.
 *
 * The volume goes when its claim goes. It holds a download, so it costs more to keep than to fetch again.
 * @see https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
 */
export class Gp3StorageClass extends Construct {
  constructor(scope: Construct, id: string, props: Gp3StorageClassProps) {
    const { iops = GP3.baselineIops, throughputMiBps = GP3.baselineThroughputMiBps, smallestVolumeGiB } = props;
    refuseViolations(
      `StorageClass "${props.name}"`,
      gp3Violations({ iops, throughputMiBps, sizeGiB: smallestVolumeGiB }),
    );
    super(scope, id);
    new StorageClassV1(this, "class", {
      metadata: {
        name: props.name,
        labels: { "app.kubernetes.io/part-of": "carepath", "app.kubernetes.io/managed-by": "terraform" },
        ...(props.defaultClass === true
          ? { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } }
          : {}),
      },
      storageProvisioner: "ebs.csi.aws.com",
      reclaimPolicy: "Delete",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
      parameters: {
        type: "gp3",
        encrypted: "true",
        iops: String(iops),
        throughput: String(throughputMiBps),
        "csi.storage.k8s.io/fstype": "ext4",
      },
      dependsOn: props.dependsOn,
    });
  }
}
