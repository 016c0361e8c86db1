import { EksNodeGroup } from "@cdktf/provider-aws/lib/eks-node-group";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template";
import { Fn, Token, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

import { exclusiveCoresUserData } from "./node-user-data";
import { ServiceRole } from "./service-role";

export interface NodeGroupProps {
  /** Prefix of the names. */
  readonly name: string;
  readonly clusterName: string;
  /** Of the cluster: written out, because a group without a version would not follow an upgrade of the cluster. */
  readonly kubernetesVersion: string;
  /** The one subnet, and so the one zone, of all nodes: an EBS volume cannot be attached in another. */
  readonly subnetId: string;
  readonly instanceType: string;
  readonly architecture: "amd64" | "arm64";
  readonly capacityType: "ON_DEMAND" | "SPOT";
  readonly minSize: number;
  readonly desiredSize: number;
  readonly maxSize: number;
  /** Root volume in GiB: system, image layers, logs. */
  readonly diskGiB: number;
  /** Whole cores for the chat pod alone: `exclusiveCoresUserData`. */
  readonly exclusiveCores: boolean;
  /** Tags of the machines and their volumes, which the provider's default tags do not reach. @default {} */
  readonly instanceTags?: Readonly<Record<string, string>>;
  /** What must be there first: routes to the registry, the network add-on. @default [] */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** @see https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html#AmazonEKS-Type-Nodegroup-amiType */
const AMI_TYPES = { amd64: "AL2023_x86_64_STANDARD", arm64: "AL2023_ARM_64_STANDARD" } as const;

/**
 * Nodes in one zone. A pod cannot reach the instance metadata, and with it the role of its node: IMDSv2 with a hop limit
 * of 1 answers only the host. There is no key pair, so no one can log in.
 *
 * The group's name is generated: a change that replaces it first creates the new nodes, then drains the old ones.
 */
export class NodeGroup extends Construct {
  readonly group: EksNodeGroup;

  constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    const { name, minSize, desiredSize, maxSize, instanceTags = {}, dependsOn = [] } = props;
    const node = new ServiceRole(this, "node", {
      name: `${name}-node`,
      description: "The nodes of the EKS cluster",
      service: "ec2.amazonaws.com",
      managedPolicies: ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"],
    });
    const tags = { Name: `${name}-node`, ...instanceTags };
    const template = new LaunchTemplate(this, "launch-template", {
      namePrefix: `${name}-node-`,
      updateDefaultVersion: true,
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "disabled",
      },
      userData: props.exclusiveCores ? Fn.base64encode(Fn.rawString(exclusiveCoresUserData())) : undefined,
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvda",
          ebs: { volumeType: "gp3", volumeSize: props.diskGiB, encrypted: "true", deleteOnTermination: "true" },
        },
      ],
      tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags })),
    });
    this.group = new EksNodeGroup(this, "group", {
      clusterName: props.clusterName,
      version: props.kubernetesVersion,
      nodeGroupNamePrefix: `${name}-`,
      nodeRoleArn: node.role.arn,
      subnetIds: [props.subnetId],
      amiType: AMI_TYPES[props.architecture],
      instanceTypes: [props.instanceType],
      capacityType: props.capacityType,
      scalingConfig: { minSize, desiredSize, maxSize },
      updateConfig: { maxUnavailable: 1 },
      launchTemplate: { id: template.id, version: Token.asString(template.latestVersion) },
      dependsOn: [...node.attachments, ...dependsOn],
    });
  }
}
