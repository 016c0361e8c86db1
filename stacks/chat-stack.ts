import { DataAwsEcrRepository } from "@cdktf/provider-aws/lib/data-aws-ecr-repository";
import { DataAwsEksCluster } from "@cdktf/provider-aws/lib/data-aws-eks-cluster";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { TerraformOutput, TerraformStack } from "cdktf";
import { type Construct } from "constructs";

import { modelBaseUrl } from "../config/model-base-url";
import { clusterName, environmentTags, imageRepositoryName, stackNames } from "../config/names";
import { namespaceOwner } from "../config/namespace-owner";
import { podCidrs } from "../config/pod-cidrs";
import { type AppConfig, type EksConfig } from "../config/schema";
import { configureBackend } from "../constructs/backend";
import { HostCertificate } from "../constructs/aws/host-certificate";
import { HostRecord } from "../constructs/aws/host-record";
import { publicSubnets } from "../constructs/aws/network";
import { type Exposure } from "../constructs/kubernetes/chat-service";
import { ChatWorkload } from "../constructs/kubernetes/chat-workload";
import { eksAccess } from "../constructs/kubernetes/eks-access";
import { imageReference, namesRegistry } from "../constructs/kubernetes/image-reference";
import { type EnvironmentPlan } from "../planning/environment-plan";
import { podSecurityVersion } from "./pod-security-version";
import { SERVICE_PORT } from "../service/src/contract";

export interface ChatStackProps {
  readonly config: AppConfig;
  readonly plan: EnvironmentPlan;
}

/** The chat service: on the cluster of this project, or on an existing one that a kubeconfig context names. */
export class ChatStack extends TerraformStack {
  constructor(scope: Construct, { config, plan }: ChatStackProps) {
    super(scope, stackNames(config.environment).chat);
    configureBackend(this, config.state);
    const { chat } = config;
    const repository = config.target === "eks" ? this.#connectToEks(config) : this.#connectToContext(config);
    const vllm = vllmOf(config, repository);

    const { service, loadBalancerHostname } = new ChatWorkload(this, "chat", {
      ...chat,
      exposure: this.#exposure(config),
      podCidrs: podCidrs(config),
      createNamespace: namespaceOwner(config) === "chat",
      podSecurityVersion: podSecurityVersion(config),
      image: imageReference({ ...chat.image, repository }),
      // A digest is one image, wherever it lies. Without a registry in its name an image can only have been loaded into the
      // nodes (`kind load docker-image`). A tag may have moved since the node pulled it.
      imagePullPolicy: namesRegistry(repository) && chat.image.digest === undefined ? "Always" : "IfNotPresent",
      storageClassName: config.storage.className,
      settings: { ...chat, modelBaseUrl: modelBaseUrl(config) },
      monitoring: config.monitoring,
      plan,
      vllm,
      ...(chat.exposure.type === "load-balancer"
        ? { exposure: { ...chat.exposure, tags: environmentTags(config.environment) } }
        : {}),
    });

    new TerraformOutput(this, "port_forward", {
      value: `kubectl --namespace ${chat.namespace} port-forward service/${chat.name} ${SERVICE_PORT}:${SERVICE_PORT}`,
      description: vllm
        ? "Makes the API reachable on this machine, at the printed address."
        : "Makes the chat page reachable on this machine; then open the printed address in a browser.",
      staticId: true,
    });
    if (loadBalancerHostname !== undefined) this.#nameLoadBalancer(config, loadBalancerHostname);
    if (chat.exposure.type === "load-balancer") {
      new TerraformOutput(this, "load_balancer_hostname", {
        value: service.status.get(0).loadBalancer.get(0).ingress.get(0).hostname,
        description: `Where the clients of the source CIDRs find the service, on port ${SERVICE_PORT}.`,
        staticId: true,
      });
    }
  }

  /** What the workload needs to know of the way in: the certificate is made here, and the subnets follow from the network. */
  #exposure(config: AppConfig): Exposure {
    const { exposure } = config.chat;
    if (exposure.type !== "https") return exposure;
    const { host, hostedZoneId } = exposure;
    if (config.target !== "eks" || host === undefined) {
      throw new Error(
        `${this.node.id}: HTTPS needs a cluster of this project and a host. Check the configuration first.`,
      );
    }
    const certificateArn =
      exposure.certificateArn ??
      (hostedZoneId === undefined ? "" : new HostCertificate(this, "certificate", { host, hostedZoneId }).arn);
    return { ...exposure, host, certificateArn, ...loadBalancerSubnets(config) };
  }

  /** Gives the load balancer the name of the service, or shows what to enter into a zone that is elsewhere. */
  #nameLoadBalancer({ chat: { exposure }, ...config }: AppConfig, hostname: string): void {
    if (exposure.type !== "https" || config.target !== "eks" || exposure.host === undefined) return;
    const { host, hostedZoneId } = exposure;
    if (hostedZoneId !== undefined) {
      const { region } = config;
      new HostRecord(this, "host-record", { host, hostedZoneId, region, loadBalancerHostname: hostname });
    }
    new TerraformOutput(this, "address", {
      value: `https://${host}`,
      description: "Where the clients of the source CIDRs find the service.",
      staticId: true,
    });
    new TerraformOutput(this, "load_balancer_hostname", {
      value: hostname,
      description: `What ${host} must be an alias or a CNAME of, where its zone is not in Route 53.`,
      staticId: true,
    });
  }

  /** Finds the cluster and the image repository by name. Returns the repository of the image. */
  #connectToEks(config: EksConfig): string {
    const name = clusterName(config.environment);
    new AwsProvider(this, "aws", { region: config.region });
    const cluster = new DataAwsEksCluster(this, "cluster", { name });
    const access = eksAccess({ cluster, clusterName: name, region: config.region });
    new KubernetesProvider(this, "kubernetes", { ...access, exec: [access.exec] });
    // Releases are kept in ConfigMaps: the role of pull requests reads no Secret of the namespace with the API keys.
    if (config.chat.engine.type === "vllm")
      new HelmProvider(this, "helm", { kubernetes: access, helmDriver: "configmap" });
    if (config.chat.image.repository !== undefined) return config.chat.image.repository;
    return new DataAwsEcrRepository(this, "image-repository", { name: imageRepositoryName(config.environment) })
      .repositoryUrl;
  }

  #connectToContext(config: Exclude<AppConfig, EksConfig>): string {
    new KubernetesProvider(this, "kubernetes", {
      configPath: config.kubeconfigPath,
      configContext: config.kubeconfigContext,
    });
    return config.chat.image.repository ?? "";
  }
}

/** What the engine on GPUs is started with; undefined where the service of this repository runs. */
function vllmOf({ chat: { engine, image } }: AppConfig, repository: string) {
  if (engine.type !== "vllm") return undefined;
  return { image: { ...image, repository }, toolCallParser: engine.toolCallParser };
}

/** Where the load balancer is placed, and the blocks that its packets come from. */
function loadBalancerSubnets({ environment, network }: EksConfig) {
  const { existing, vpcCidr, zones } = network;
  if (existing === undefined) {
    const subnets = publicSubnets(clusterName(environment), vpcCidr, zones);
    return { subnets: subnets.map(({ subnetName }) => subnetName), subnetCidrs: subnets.map(({ cidr }) => cidr) };
  }
  const subnets = Object.values(existing.loadBalancerSubnets);
  return { subnets: subnets.map(({ id }) => id), subnetCidrs: subnets.map(({ cidr }) => cidr) };
}
