import { DataAwsEksCluster } from "@cdktf/provider-aws/lib/data-aws-eks-cluster";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { TerraformStack } from "cdktf";
import { type Construct } from "constructs";

import {
  DEPLOY_GROUP,
  DIFF_GROUP,
  EBS_CSI_CONTROLLER,
  CLUSTER_AUTOSCALER,
  LOAD_BALANCER_CONTROLLER,
  LOG_FORWARDER,
  clusterName,
  environmentTags,
  podLogGroup,
  stackNames,
} from "../config/names";
import { deployedNamespace, namespaceOwner } from "../config/namespace-owner";
import { type EksConfig } from "../config/schema";
import { GPU_TAINT } from "../constructs/aws/node-groups";
import { configureBackend } from "../constructs/backend";
import { ChatNamespace } from "../constructs/kubernetes/chat-namespace";
import { EbsCsiDriver } from "../constructs/kubernetes/ebs-csi-driver";
import { eksAccess } from "../constructs/kubernetes/eks-access";
import { Gp3StorageClass } from "../constructs/kubernetes/gp3-storage-class";
import { ClusterAutoscaler } from "../constructs/kubernetes/cluster-autoscaler";
import { Keda } from "../constructs/kubernetes/keda";
import { LoadBalancerController } from "../constructs/kubernetes/load-balancer-controller";
import { LogForwarder } from "../constructs/kubernetes/log-forwarder";
import { NvidiaDevicePlugin } from "../constructs/kubernetes/nvidia-device-plugin";
import { MetricsServer } from "../constructs/kubernetes/metrics-server";
import { DeployEditor } from "../constructs/kubernetes/deploy-editor";
import { DiffViewer } from "../constructs/kubernetes/diff-viewer";
import { type EnvironmentPlan } from "../planning/environment-plan";
import { chatCustomResources } from "./chat-custom-resources";
import { podSecurityVersion } from "./pod-security-version";

export interface PlatformStackProps {
  readonly config: EksConfig;
  readonly plan: EnvironmentPlan;
}

/** What the cluster must offer before the chat service can claim a volume: the storage driver, its class, metrics. */
export class PlatformStack extends TerraformStack {
  constructor(scope: Construct, { config, plan }: PlatformStackProps) {
    super(scope, stackNames(config.environment).platform);
    configureBackend(this, config.state);
    const name = clusterName(config.environment);
    new AwsProvider(this, "aws", { region: config.region });
    const cluster = new DataAwsEksCluster(this, "cluster", { name });
    const access = eksAccess({ cluster, clusterName: name, region: config.region });
    new KubernetesProvider(this, "kubernetes", { ...access, exec: [access.exec] });
    new HelmProvider(this, "helm", { kubernetes: access });

    // A second controller helps only on a second node.
    const controllerReplicas = config.nodes.desiredSize > 1 ? 2 : 1;
    const driver = new EbsCsiDriver(this, "ebs-csi-driver", {
      region: config.region,
      clusterName: name,
      volumeTags: environmentTags(config.environment),
      namespace: EBS_CSI_CONTROLLER.namespace,
      serviceAccountName: EBS_CSI_CONTROLLER.serviceAccount,
      controllerReplicas,
    });
    new Gp3StorageClass(this, "storage-class", {
      name: config.storage.className,
      iops: config.storage.iops,
      throughputMiBps: config.storage.throughputMiBps,
      kmsKeyArn: config.storage.kmsKeyArn,
      dependsOn: [driver.release],
    });
    new MetricsServer(this, "metrics-server");
    const gpus = config.chat.engine.type === "vllm";
    if (gpus) new NvidiaDevicePlugin(this, "nvidia-device-plugin");
    if (config.chat.maxReplicas !== undefined) new Keda(this, "keda");
    if (config.nodes.autoscaling) {
      new ClusterAutoscaler(this, "cluster-autoscaler", {
        region: config.region,
        clusterName: name,
        namespace: CLUSTER_AUTOSCALER.namespace,
        serviceAccountName: CLUSTER_AUTOSCALER.serviceAccount,
        terminationGracePeriodSeconds: plan.terminationGracePeriodSeconds,
      });
    }
    if (config.podLogs !== undefined) {
      new LogForwarder(this, "log-forwarder", {
        region: config.region,
        logGroup: podLogGroup(config.environment),
        podNamespace: config.chat.namespace,
        namespace: LOG_FORWARDER.namespace,
        serviceAccountName: LOG_FORWARDER.serviceAccount,
        toleratedTaint: gpus ? GPU_TAINT : undefined,
      });
    }
    if (config.chat.exposure.type === "https") {
      new LoadBalancerController(this, "load-balancer-controller", {
        region: config.region,
        clusterName: name,
        vpcId: cluster.vpcConfig.get(0).vpcId,
        namespace: LOAD_BALANCER_CONTROLLER.namespace,
        serviceAccountName: LOAD_BALANCER_CONTROLLER.serviceAccount,
        replicas: controllerReplicas,
        tags: environmentTags(config.environment),
        wafv2: config.chat.exposure.wafAclArn !== undefined,
      });
    }
    const namespace =
      namespaceOwner(config) === "platform"
        ? [
            new ChatNamespace(this, "namespace", {
              name: config.chat.namespace,
              podSecurityVersion: podSecurityVersion(config),
              readinessGates: config.chat.exposure.type === "https",
            }).namespace,
          ]
        : [];
    const customResources = chatCustomResources(config);
    const deployed = config.deployments && deployedNamespace(config);
    const deployGroup = deployed !== undefined && customResources.length > 0 ? DEPLOY_GROUP : undefined;
    if (deployed !== undefined && deployGroup !== undefined) {
      new DeployEditor(this, "deploy-editor", {
        group: deployGroup,
        namespace: deployed,
        customResources,
        dependsOn: namespace,
      });
    }
    if (config.pullRequests !== undefined) {
      new DiffViewer(this, "diff-viewer", {
        group: DIFF_GROUP,
        storageClassName: config.storage.className,
        namespace: config.chat.namespace,
        customResources,
        deployGroup,
      });
    }
  }
}
