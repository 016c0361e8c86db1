import { EksNodeGroup } from "@cdktf/provider-aws/lib/eks-node-group";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template";
import { Fn, Token, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

import { exclusiveCoresUserData } from "./node-user-data";
import { ServiceRole } from "./service-role";

/** The nodes of one zone. */
export interface ZoneNodes {
  readonly zone: string;
  /** The one subnet, and so the one zone, of these nodes: an EBS volume cannot be attached in another. */
  readonly subnetId: string;
  readonly minSize: number;
  readonly desiredSize: number;
  /** At least 1. */
  readonly maxSize: number;
}

export interface NodeGroupsProps {
  /** Prefix of the names. */
  readonly name: string;
  readonly clusterName: string;
  /** Of the cluster: written out, because a group without a version would not follow an upgrade of the cluster. */
  readonly kubernetesVersion: string;
  /** Release of the node image, e.g. "1.35.7-20260911": without it, nodes keep the image of their first day. */
  readonly nodeImage: string;
  /** One group for each zone, so that whoever adds nodes adds them where the volume is. */
  readonly zones: readonly ZoneNodes[];
  /** Several types, of the same size, only for SPOT: AWS takes the one of which it has most. */
  readonly instanceTypes: readonly string[];
  readonly architecture: "amd64" | "arm64";
  readonly capacityType: "ON_DEMAND" | "SPOT";
  /** Root volume in GiB: system, image layers, logs. */
  readonly diskGiB: number;
  /** Whole cores for the chat pod alone: `exclusiveCoresUserData`. */
  readonly exclusiveCores: boolean;
  /** Whether the nodes have GPUs of NVIDIA: other image, and only pods that tolerate `GPU_TAINT`. @default false */
  readonly gpu?: boolean;
  /** Whether something else changes the number of nodes, which Terraform would set back. @default false */
  readonly resizedElsewhere?: boolean;
  /** KMS key of the root volume. @default the account's default key for EBS */
  readonly volumeKeyArn?: string | undefined;
  /** Tags of the machines and their volumes, which the provider's default tags do not reach. @default {} */
  readonly instanceTags?: Readonly<Record<string, string>>;
  /** What must be there first: routes to the registry, the network add-on. @default [] */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** @see https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html#AmazonEKS-Type-Nodegroup-amiType */
const AMI_TYPES = { amd64: "AL2023_x86_64_STANDARD", arm64: "AL2023_ARM_64_STANDARD" } as const;

/** It has the driver and the container runtime of NVIDIA, not the device plugin. @see https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html */
const GPU_AMI_TYPE = "AL2023_x86_64_NVIDIA";

/** Keeps other pods off the GPU nodes; the device plugin's chart tolerates the key. */
export const GPU_TAINT = "nvidia.com/gpu";

/** By this label the device plugin and the engine find their nodes. */
export const GPU_LABEL = "nvidia.com/gpu.present";

/**
 * The nodes of the cluster, a group for each zone. A pod cannot reach the instance metadata, and with it the role of its
 * node: IMDSv2 with a hop limit of 1 answers only the host. There is no key pair, so no one can log in.
 *
 * A type on demand stands in the launch template, so that another type replaces the nodes one by one. Types of a spot
 * group can only stand in the group: another type replaces the group. Not by create_before_destroy, which Terraform would
 * extend to all that the group depends on, roles and subnets of fixed names included.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
 */
export class NodeGroups extends Construct {
  readonly groups: readonly EksNodeGroup[];

  constructor(scope: Construct, id: string, props: NodeGroupsProps) {
    super(scope, id);
    const { name, zones, capacityType, instanceTypes, dependsOn = [] } = props;
    const node = new ServiceRole(this, "node", {
      name: `${name}-node`,
      description: "The nodes of the EKS cluster",
      service: "ec2.amazonaws.com",
      managedPolicies: ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"],
    });
    const template = this.#launchTemplate(props);
    this.groups = zones.map(
      ({ zone, subnetId, minSize, desiredSize, maxSize }) =>
        new EksNodeGroup(this, zones.length === 1 ? "group" : `group-${zone}`, {
          clusterName: props.clusterName,
          version: props.kubernetesVersion,
          releaseVersion: props.nodeImage,
          nodeGroupNamePrefix: `${name}-`,
          nodeRoleArn: node.role.arn,
          subnetIds: [subnetId],
          amiType: props.gpu === true ? GPU_AMI_TYPE : AMI_TYPES[props.architecture],
          labels: props.gpu === true ? { [GPU_LABEL]: "true" } : undefined,
          taint: props.gpu === true ? [{ key: GPU_TAINT, value: "present", effect: "NO_SCHEDULE" }] : undefined,
          ...(capacityType === "SPOT" ? { instanceTypes: [...instanceTypes] } : {}),
          capacityType,
          scalingConfig: { minSize, desiredSize, maxSize },
          updateConfig: { maxUnavailable: 1 },
          launchTemplate: { id: template.id, version: Token.asString(template.latestVersion) },
          lifecycle:
            props.resizedElsewhere === true ? { ignoreChanges: ["scaling_config[0].desired_size"] } : undefined,
          dependsOn: [...node.attachments, ...dependsOn],
        }),
    );
  }

  #launchTemplate({ name, capacityType, instanceTypes, diskGiB, ...props }: NodeGroupsProps): LaunchTemplate {
    const tags = { Name: `${name}-node`, ...props.instanceTags };
    const ebs = { volumeType: "gp3", volumeSize: diskGiB, encrypted: "true", deleteOnTermination: "true" };
    return new LaunchTemplate(this, "launch-template", {
      namePrefix: `${name}-node-`,
      updateDefaultVersion: true,
      instanceType: capacityType === "ON_DEMAND" ? instanceTypes[0] : undefined,
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "disabled",
      },
      userData: props.exclusiveCores ? Fn.base64encode(Fn.rawString(exclusiveCoresUserData())) : undefined,
      blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { ...ebs, kmsKeyId: props.volumeKeyArn } }],
      tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags })),
    });
  }
}
