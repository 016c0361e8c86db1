import { DataAwsEcrRepository } from "@cdktf/provider-aws/lib/data-aws-ecr-repository";
import { DataAwsEksCluster } from "@cdktf/provider-aws/lib/data-aws-eks-cluster";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { TerraformOutput, TerraformStack } from "cdktf";
import { type Construct } from "constructs";

import { clusterName, imageRepositoryName, stackNames } from "../config/names";
import { namespaceOwner } from "../config/namespace-owner";
import { type AppConfig, type EksConfig } from "../config/schema";
import { configureBackend } from "../constructs/backend";
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

    const { service } = new ChatWorkload(this, "chat", {
      ...chat,
      createNamespace: namespaceOwner(config) === "chat",
      podSecurityVersion: podSecurityVersion(config),
      image: imageReference({ ...chat.image, repository }),
      // Without a registry in its name an image can only have been loaded into the nodes (`kind load docker-image`).
      imagePullPolicy: namesRegistry(repository) ? "Always" : "IfNotPresent",
      storageClassName: config.storage.className,
      settings: chat,
      plan,
    });

    new TerraformOutput(this, "port_forward", {
      value: `kubectl --namespace ${chat.namespace} port-forward service/${chat.name} ${SERVICE_PORT}:${SERVICE_PORT}`,
      description: "Makes the chat page reachable on this machine; then open the printed address in a browser.",
      staticId: true,
    });
    if (chat.exposure.type === "load-balancer") {
      new TerraformOutput(this, "load_balancer_hostname", {
        value: service.status.get(0).loadBalancer.get(0).ingress.get(0).hostname,
        description: `Where the clients of the source CIDRs find the service, on port ${SERVICE_PORT}.`,
        staticId: true,
      });
    }
  }

  /** Finds the cluster and the image repository by name. Returns the repository of the image. */
  #connectToEks(config: EksConfig): string {
    const name = clusterName(config.environment);
    new AwsProvider(this, "aws", { region: config.region });
    const cluster = new DataAwsEksCluster(this, "cluster", { name });
    const access = eksAccess({ cluster, clusterName: name, region: config.region });
    new KubernetesProvider(this, "kubernetes", { ...access, exec: [access.exec] });
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
