import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Annotations, TerraformOutput, TerraformStack } from "cdktf";
import { type Construct } from "constructs";

import {
  EBS_CSI_CONTROLLER,
  CLUSTER_AUTOSCALER,
  LOAD_BALANCER_CONTROLLER,
  LOG_FORWARDER,
  podLogGroup,
  DEPLOY_GROUP,
  DIFF_GROUP,
  clusterName,
  deployRoleName,
  environmentTags,
  imageRepositoryName,
  diffRoleName,
  stackNames,
} from "../config/names";
import { deployedNamespace } from "../config/namespace-owner";
import { gpuNodesByZone, natZones, nodesByZone, type NodesOfZone } from "../config/node-zones";
import { PLACEHOLDER_CIDR } from "../config/placeholder-cidr";
import { type EksConfig } from "../config/schema";
import { setPartition } from "../constructs/aws/arn";
import { AccessEntries } from "../constructs/aws/access-entries";
import { clusterAddon, type ClusterAddonProps } from "../constructs/aws/cluster-addon";
import { EbsCsiIdentity } from "../constructs/aws/ebs-csi-identity";
import { EksCluster } from "../constructs/aws/eks-cluster";
import { EncryptionKey } from "../constructs/aws/encryption-key";
import { ExistingNetwork } from "../constructs/aws/existing-network";
import { FlowLogs } from "../constructs/aws/flow-logs";
import { ImageRepository } from "../constructs/aws/image-repository";
import { clusterAutoscalerStatements } from "../constructs/aws/cluster-autoscaler-policy";
import { loadBalancerControllerStatements } from "../constructs/aws/load-balancer-controller-policy";
import { ModelMirror } from "../constructs/aws/model-mirror";
import { type ClusterNetwork, Network } from "../constructs/aws/network";
import { PodLogGroup } from "../constructs/aws/pod-log-group";
import { NodeGroups } from "../constructs/aws/node-groups";
import { PodIdentity } from "../constructs/aws/pod-identity";
import { DeployRole } from "../constructs/aws/deploy-role";
import { VolumeKeyAccess } from "../constructs/aws/volume-key-access";
import { DiffClusterAccess } from "../constructs/aws/diff-cluster-access";
import { DiffRole } from "../constructs/aws/diff-role";
import { githubTokenIssuer } from "../constructs/aws/github-trust";
import { configureBackend, stateKey } from "../constructs/backend";
import { type AddonName, EKS_RELEASES } from "../planning/catalogue/eks-releases";
import { typesOfSameSize } from "../planning/catalogue/instance-types";
import { type EnvironmentPlan } from "../planning/environment-plan";

export interface ClusterStackProps {
  readonly config: EksConfig;
  readonly plan: EnvironmentPlan;
}

/** Network, cluster, nodes, the identity of the storage driver, and the repository of the service image. */
export class ClusterStack extends TerraformStack {
  constructor(scope: Construct, { config, plan }: ClusterStackProps) {
    super(scope, stackNames(config.environment).cluster);
    setPartition(this, config.region);
    configureBackend(this, config.state);
    const name = clusterName(config.environment);
    const tags = { ...environmentTags(config.environment), ManagedBy: "terraform" };
    new AwsProvider(this, "aws", { region: config.region, defaultTags: [{ tags }] });

    const network = this.#network(config, name);
    const secretsKey = new EncryptionKey(this, "secrets-key", {
      alias: `${name}-secrets`,
      description: `Secrets of the EKS cluster ${name}`,
      deletionWindowDays: config.production ? 30 : 7,
    });

    const { endpoint } = config.cluster;
    this.#warnAbout(endpoint);
    const { cluster } = new EksCluster(this, "eks", {
      name,
      kubernetesVersion: config.cluster.kubernetesVersion,
      subnetIds: network.privateSubnetIds,
      secretsKeyArn: secretsKey.arn,
      publicAccessCidrs: endpoint.publicAccess ? endpoint.publicAccessCidrs : [],
      logRetentionDays: config.cluster.logRetentionDays,
      deletionProtection: config.cluster.deletionProtection,
    });
    new AccessEntries(this, "access", {
      clusterName: cluster.name,
      administrators: config.cluster.adminPrincipalArns,
    });

    // Nodes become Ready only with a network plugin, so these three come before them; coredns needs a node to run on.
    const ofCluster = { clusterName: cluster.name };
    const release = EKS_RELEASES[config.cluster.kubernetesVersion];
    const addon = (addonName: AddonName, more: Pick<ClusterAddonProps, "configuration" | "dependsOn"> = {}) =>
      clusterAddon(this, addonName, { cluster, version: release.addons[addonName], ...more });
    const vpcCni = addon("vpc-cni", { configuration: { enableNetworkPolicy: "true" } });
    const kubeProxy = addon("kube-proxy");
    const podIdentity = addon("eks-pod-identity-agent");
    const driver = new EbsCsiIdentity(this, "ebs-csi", {
      ...ofCluster,
      ...EBS_CSI_CONTROLLER,
      name,
      dependsOn: [podIdentity],
    });
    const volumeKeyArn = config.storage.kmsKeyArn;
    const volumeKey =
      volumeKeyArn === undefined
        ? []
        : [new VolumeKeyAccess(this, "volume-key", { keyArn: volumeKeyArn, controller: driver.role }).autoScaling];
    const { instanceType, capacityType, diskGiB, exclusiveCores } = config.nodes;
    if (plan.architecture === null) {
      throw new Error(`${this.node.id}: the plan of an EKS environment names the architecture of its nodes.`);
    }
    const inSubnets = (zones: readonly NodesOfZone[]) =>
      zones.map((each) => ({ ...each, subnetId: network.privateSubnetId(each.zone) }));
    const ofEveryNode = {
      ...ofCluster,
      kubernetesVersion: cluster.version,
      nodeImage: release.nodeImage,
      volumeKeyArn,
      instanceTags: tags,
      dependsOn: [...network.outboundRoutes, vpcCni, kubeProxy, podIdentity, ...volumeKey],
    };
    const nodes = new NodeGroups(this, "nodes", {
      ...ofEveryNode,
      name,
      zones: inSubnets(nodesByZone(config)),
      instanceTypes: capacityType === "SPOT" ? typesOfSameSize(instanceType) : [instanceType],
      architecture: plan.architecture,
      capacityType,
      diskGiB,
      exclusiveCores,
      resizedElsewhere: config.nodes.autoscaling,
    });
    if (config.chat.engine.type === "vllm") {
      new NodeGroups(this, "gpu-nodes", {
        ...ofEveryNode,
        name: `${name}-gpu`,
        zones: inSubnets(gpuNodesByZone(config)),
        instanceTypes: [config.chat.engine.instanceType],
        architecture: "amd64",
        capacityType: "ON_DEMAND",
        diskGiB: config.chat.engine.diskGiB,
        exclusiveCores: false,
        gpu: true,
      });
    }
    addon("coredns", { dependsOn: [...nodes.groups] });
    if (config.nodes.autoscaling) {
      new PodIdentity(this, "cluster-autoscaler", {
        ...ofCluster,
        ...CLUSTER_AUTOSCALER,
        name: `${name}-autoscaler`,
        description: "The Cluster Autoscaler: changes the number of nodes",
        statements: clusterAutoscalerStatements(name),
        dependsOn: [podIdentity],
      });
    }
    if (config.podLogs !== undefined) {
      new PodLogGroup(this, "pod-logs", {
        ...ofCluster,
        ...LOG_FORWARDER,
        prefix: name,
        logGroup: podLogGroup(config.environment),
        retentionDays: config.podLogs.retentionDays,
        dependsOn: [podIdentity],
      });
    }
    if (config.chat.exposure.type === "https") {
      new PodIdentity(this, "load-balancer-controller", {
        ...ofCluster,
        ...LOAD_BALANCER_CONTROLLER,
        name: `${name}-load-balancer`,
        description: "The AWS Load Balancer Controller: makes the load balancer of the service and registers its pods",
        statements: loadBalancerControllerStatements(config.region),
        dependsOn: [podIdentity],
      });
    }

    const images = new ImageRepository(this, "images", {
      name: imageRepositoryName(config.environment),
      deleteWithImages: !config.production,
    });
    if (config.modelMirror !== undefined) {
      const { bucket } = config.modelMirror;
      new ModelMirror(this, "model-mirror", { bucket, vpcId: network.vpcId });
      this.#output("model_mirror", bucket, "Bucket that `npm run model -- mirror` fills.");
    }
    const issuer = this.#letPullRequestsDiff(config, cluster.name, [
      secretsKey.arn,
      ...(volumeKeyArn === undefined ? [] : [volumeKeyArn]),
    ]);
    this.#letWorkflowDeploy(config, cluster.name, issuer);
    this.#output("cluster_name", name, "Name of the EKS cluster.");
    this.#output(
      "update_kubeconfig",
      `aws eks update-kubeconfig --region ${config.region} --name ${name}`,
      "Lets kubectl on this machine talk to the cluster.",
    );
    this.#output("image_repository_url", images.url, "Where the service image is pushed.");
  }

  /** The network of the environment, made here unless it is there already. */
  #network(config: EksConfig, name: string): ClusterNetwork {
    const { existing, vpcCidr, zones, flowLogRetentionDays } = config.network;
    if (existing !== undefined) return new ExistingNetwork(existing.vpcId, existing.subnets);
    const network = new Network(this, "network", {
      name,
      region: config.region,
      cidr: vpcCidr,
      zones,
      natZones: natZones(config),
    });
    new FlowLogs(this, "flow-logs", { name, vpcId: network.vpc.id, retentionDays: flowLogRetentionDays });
    return network;
  }

  /**
   * The role of the diff workflow, where the configuration names a repository for it. `createdName` is the name as the
   * cluster resource gives it: what stands in the cluster must wait until the cluster is there. Returns the ARN of the
   * identity provider for GitHub's tokens, where there is one.
   */
  #letPullRequestsDiff(config: EksConfig, createdName: string, keyArns: readonly string[]): string | undefined {
    const { pullRequests, state, chat } = config;
    if (pullRequests === undefined || state.type !== "s3") return undefined;
    const name = clusterName(config.environment);
    const { arn, oidcProviderArn } = new DiffRole(this, "diff-role", {
      ...pullRequests,
      name: diffRoleName(config.environment),
      region: config.region,
      clusterName: name,
      roleNamePrefix: name,
      imageRepositoryName: imageRepositoryName(config.environment),
      keyArns,
      modelBucket: config.modelMirror?.bucket,
      hostedZoneId: chat.exposure.type === "https" ? chat.exposure.hostedZoneId : undefined,
      state: {
        ...state,
        keys: Object.values(stackNames(config.environment)).map((stack) => stateKey(state.keyPrefix, stack)),
      },
    });
    // Helm keeps its releases in kube-system; in the namespace of the API keys the role reads no Secret.
    new DiffClusterAccess(this, "diff-access", {
      clusterName: createdName,
      principalArn: arn,
      group: DIFF_GROUP,
      namespacesWithSecrets: [EBS_CSI_CONTROLLER.namespace],
      namespaces: [chat.namespace],
    });
    this.#output("diff_role_arn", arn, "Value of the repository variable AWS_DIFF_ROLE_ARN on GitHub.");
    return oidcProviderArn;
  }

  /** The role of the deploy workflow. An account has one identity provider for GitHub's tokens, here that of `issuer`. */
  #letWorkflowDeploy(config: EksConfig, createdClusterName: string, issuer: string | undefined): void {
    const { deployments, state, environment, chat } = config;
    if (deployments === undefined || state.type !== "s3") return;
    const { githubRepository, githubEnvironment } = deployments;
    const { arn } = new DeployRole(this, "deploy-role", {
      name: deployRoleName(environment),
      githubRepository,
      githubEnvironment,
      oidcProviderArn: issuer ?? deployments.oidcProviderArn ?? githubTokenIssuer(this),
      region: config.region,
      clusterName: clusterName(environment),
      createdClusterName,
      imageRepositoryName: imageRepositoryName(environment),
      state: { ...state, keys: [stateKey(state.keyPrefix, stackNames(environment).chat)] },
      hostedZoneId: chat.exposure.type === "https" ? chat.exposure.hostedZoneId : undefined,
      namespace: deployedNamespace(config),
      group: DEPLOY_GROUP,
    });
    this.#output(
      "deploy_role_arn",
      arn,
      `Variable AWS_DEPLOY_ROLE_ARN of the environment ${githubEnvironment} on GitHub.`,
    );
  }

  #warnAbout({ publicAccessCidrs }: EksConfig["cluster"]["endpoint"]): void {
    if (publicAccessCidrs.includes("0.0.0.0/0")) {
      Annotations.of(this).addWarning(
        "cluster.endpoint.publicAccessCidrs has 0.0.0.0/0: everyone may try the API server. Only for a cluster that you will throw away.",
      );
    }
    if (publicAccessCidrs.includes(PLACEHOLDER_CIDR)) {
      Annotations.of(this).addWarning(
        `cluster.endpoint.publicAccessCidrs has ${PLACEHOLDER_CIDR}, which is no real network. Set CAREPATH_API_CIDRS to your address before you deploy.`,
      );
    }
  }

  #output(id: string, value: string, description: string): void {
    new TerraformOutput(this, id, { value, description, staticId: true });
  }
}
