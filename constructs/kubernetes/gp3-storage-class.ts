import { StorageClassV1 } from "@cdktf/provider-kubernetes/lib/storage-class-v1";
import { type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

import { PROJECT_LABELS } from "./workload-labels";

export interface Gp3StorageClassProps {
  readonly name: string;
  readonly iops: number;
  readonly throughputMiBps: number;
  /** KMS key of the volumes. @default the account's default key for EBS */
  readonly kmsKeyArn?: string | undefined;
  /** What must exist before a claim of this class: the driver. */
  readonly dependsOn?: ITerraformDependable[];
}

/**
 * gp3 volumes: encrypted, created in the zone of the first pod that claims them, and able to grow.
 *
 * The volume goes when its claim goes. It holds a download, so it costs more to keep than to fetch again. It is not the
 * default class, which would speak for the whole cluster; the model cache names its class.
 * @see https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
 */
export class Gp3StorageClass extends Construct {
  constructor(scope: Construct, id: string, props: Gp3StorageClassProps) {
    super(scope, id);
    new StorageClassV1(this, "class", {
      metadata: {
        name: props.name,
        labels: PROJECT_LABELS,
      },
      storageProvisioner: "ebs.csi.aws.com",
      reclaimPolicy: "Delete",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
      parameters: {
        type: "gp3",
        encrypted: "true",
        ...(props.kmsKeyArn === undefined ? {} : { kmsKeyId: props.kmsKeyArn }),
        iops: String(props.iops),
        throughput: String(props.throughputMiBps),
        "csi.storage.k8s.io/fstype": "ext4",
      },
      dependsOn: props.dependsOn,
    });
  }
}
