import { type ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { dependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";

import { type EnvironmentPlan } from "../../planning/environment-plan";
import { ApiKeysSecret } from "./api-keys-secret";
import { ChatDeployment } from "./chat-deployment";
import { type ServiceSettings } from "./chat-environment";
import { ChatIngress } from "./chat-ingress";
import { ChatNamespace } from "./chat-namespace";
import { ChatMonitoring } from "./chat-monitoring";
import { ChatNetworkPolicy, type MetricsReader } from "./chat-network-policy";
import { type ChatPodProps } from "./chat-pod";
import { ChatService, type Exposure } from "./chat-service";
import { ChatStatefulSet } from "./chat-stateful-set";
import { ExternalApiKeys, type ExternalApiKeysSource } from "./external-api-keys";
import { KEDA_OPERATOR } from "./keda";
import { ModelCache } from "./model-cache";
import { TokenlessServiceAccount } from "./tokenless-service-account";

/** Where the API keys come from. */
export type ApiKeysSource =
  | { readonly source: "none" }
  | { readonly source: "existing-secret"; readonly name: string }
  | ({ readonly source: "external-secret" } & ExternalApiKeysSource)
  | { readonly source: "terraform-variable"; readonly revision: number };

export interface ChatWorkloadProps {
  readonly name: string;
  readonly namespace: string;
  /** False where the namespace exists already. */
  readonly createNamespace: boolean;
  /** See `ChatNamespace`. */
  readonly podSecurityVersion: string;
  /** See `imageReference`. */
  readonly image: string;
  readonly imagePullPolicy: ChatPodProps["imagePullPolicy"];
  readonly storageClassName: string;
  /** Model facts, probes and every time; nothing here repeats them. */
  readonly plan: EnvironmentPlan;
  /** Settings of the service besides those of the plan. */
  readonly settings: Omit<ServiceSettings, "model" | "heartbeatSeconds" | "drainSeconds" | "keepAliveSeconds">;
  readonly cache: { readonly mode: "shared" | "per-replica"; readonly sizeGiB: number };
  readonly replicas: number;
  /** @default no autoscaler */
  readonly maxReplicas?: number | undefined;
  /** Whole cores, request = limit. */
  readonly cpuCores: number;
  /** MiB, request = limit. */
  readonly memoryMiB: number;
  readonly exposure: Exposure;
  /** Who reads the metrics. @default no one from outside of the namespace */
  readonly monitoring?: { readonly prometheus: boolean; readonly namespace: string };
  /** Addresses of the pods. @default not known */
  readonly podCidrs?: readonly string[] | undefined;
  readonly apiKeys: ApiKeysSource;
  /** @default no token */
  readonly modelTokenSecretName?: string | undefined;
  readonly allowedNamespaceLabels: readonly Readonly<Record<string, string>>[];
}

/**
 * Everything in the namespace of the chat service. `cache.mode` is the one switch between a Deployment with one cache
 * and a StatefulSet with a cache for each replica; the pod, the Service and the NetworkPolicy are the same.
 *
 * Resources name each other literally, so that plans and diffs can be read, and state their order: nothing before the
 * namespace, and the pods last, so that no pod is created without its NetworkPolicy.
 */
export class ChatWorkload extends Construct {
  readonly service: ServiceV1;
  /** Host name that AWS gives the load balancer of the Ingress; undefined without one. */
  loadBalancerHostname: string | undefined;

  constructor(scope: Construct, id: string, props: ChatWorkloadProps) {
    super(scope, id);
    const { name, namespace, plan, exposure } = props;
    const common = { name, namespace };
    const account = new TokenlessServiceAccount(this, "service-account", common).account;
    const keys = this.#apiKeys(props);
    const policy = new ChatNetworkPolicy(this, "network-policy", {
      ...common,
      allowedNamespaceLabels: props.allowedNamespaceLabels,
      metricsReaders: metricsReaders(props),
      sourceCidrs: callersOutside(exposure),
      podCidrs: props.podCidrs,
      downloadUrls: [plan.model.url, props.settings.modelBaseUrl].filter((url) => url !== undefined),
    }).policy;
    this.service = new ChatService(this, "service", { ...common, exposure }).service;
    const ingress = this.#ingress(props);

    const pod: ChatPodProps = {
      name,
      image: props.image,
      imagePullPolicy: props.imagePullPolicy,
      serviceAccountName: name,
      settings: {
        ...props.settings,
        model: plan.model,
        heartbeatSeconds: plan.heartbeatSeconds,
        drainSeconds: plan.drainSeconds,
        keepAliveSeconds: plan.applicationLoadBalancer?.keepAliveSeconds,
        // A Network Load Balancer passes every path on; inside of the cluster the NetworkPolicy says who may read them.
        metricsCidrs: exposure.type === "load-balancer" ? metricsCidrs(props) : undefined,
      },
      cpuCores: props.cpuCores,
      memoryMiB: props.memoryMiB,
      probes: plan.probes,
      preStopSeconds: plan.preStopSeconds,
      terminationGracePeriodSeconds: plan.terminationGracePeriodSeconds,
      architecture: plan.architecture ?? undefined,
      apiKeysSecretName: keys.secretName,
      modelTokenSecretName: props.modelTokenSecretName,
    };
    const workload = this.#createWorkload(props, pod);
    startsAfter(workload, account, policy, ...[keys.resource, ingress?.ingress].filter((each) => each !== undefined));
    if (props.monitoring?.prometheus === true) {
      const { settings } = props;
      new ChatMonitoring(this, "monitoring", {
        ...common,
        maxQueue: settings.maxQueue,
        startupProbe: plan.probes.startup,
      });
    }
    if (props.createNamespace) this.#createNamespace(props);
  }

  /** Before the pods: the controller gives a readiness gate only to pods of a Service that it knows. */
  #ingress({ name, namespace, exposure, plan }: ChatWorkloadProps): ChatIngress | undefined {
    if (exposure.type !== "https") return undefined;
    if (plan.applicationLoadBalancer === null)
      throw new Error(`${this.node.path}: the plan of HTTPS has the times of its load balancer.`);
    const ingress = new ChatIngress(this, "ingress", {
      name,
      namespace,
      exposure,
      times: plan.applicationLoadBalancer,
    });
    startsAfter(ingress.ingress, this.service);
    this.loadBalancerHostname = ingress.hostname;
    return ingress;
  }

  /** The Secret with the API keys, and what of this stack makes it. */
  #apiKeys({ name, namespace, apiKeys }: ChatWorkloadProps): {
    readonly secretName?: string;
    readonly resource?: TerraformResource;
  } {
    switch (apiKeys.source) {
      case "none":
        return {};
      case "existing-secret":
        return { secretName: apiKeys.name };
      case "external-secret": {
        const { manifest } = new ExternalApiKeys(this, "api-keys", { ...apiKeys, workload: name, namespace });
        return { secretName: apiKeys.name, resource: manifest };
      }
      case "terraform-variable": {
        const { secretName, secret } = new ApiKeysSecret(this, "api-keys", {
          name,
          namespace,
          revision: apiKeys.revision,
        });
        return { secretName, resource: secret };
      }
    }
  }

  #createWorkload(props: ChatWorkloadProps, pod: ChatPodProps): TerraformResource {
    const { namespace, storageClassName, plan, cache } = props;
    const { terraformTimeoutSeconds, progressDeadlineSeconds } = plan;
    if (cache.mode === "per-replica") {
      return new ChatStatefulSet(this, "replicas", {
        ...pod,
        namespace,
        storageClassName,
        cacheSizeGiB: cache.sizeGiB,
        replicas: props.replicas,
        maxReplicas: props.maxReplicas,
        terraformTimeoutSeconds,
      }).statefulSet;
    }
    const { claim, claimName } = new ModelCache(this, "model-cache", {
      name: props.name,
      namespace,
      storageClassName,
      sizeGiB: cache.sizeGiB,
    });
    const { deployment } = new ChatDeployment(this, "deployment", {
      ...pod,
      namespace,
      cacheClaimName: claimName,
      progressDeadlineSeconds,
      terraformTimeoutSeconds,
    });
    startsAfter(deployment, claim);
    return deployment;
  }

  /** Created last, so that everything else is there to be put behind it. */
  #createNamespace({ namespace: name, podSecurityVersion, exposure }: ChatWorkloadProps): void {
    const { namespace } = new ChatNamespace(this, "namespace", {
      name,
      podSecurityVersion,
      readinessGates: exposure.type === "https",
    });
    for (const node of this.node.findAll()) {
      if (TerraformResource.isTerraformResource(node) && node !== namespace) startsAfter(node, namespace);
    }
  }
}

/** Prometheus, and what scales the replicas. */
function metricsReaders({ monitoring, maxReplicas }: ChatWorkloadProps): MetricsReader[] {
  const prometheus = monitoring?.prometheus === true ? [{ namespace: monitoring.namespace }] : [];
  return maxReplicas === undefined ? prometheus : [...prometheus, KEDA_OPERATOR];
}

/** A load balancer that ends the connection calls from its subnets; one that passes packets on shows its clients. */
/**
 * Who reads the metrics behind a Network Load Balancer: pods where their blocks are known. Where they are not, the pod alone
 * (`kubectl port-forward`), unless Prometheus or the autoscaler must come in.
 */
function metricsCidrs({ podCidrs = [], monitoring, maxReplicas }: ChatWorkloadProps): readonly string[] | undefined {
  if (podCidrs.length > 0) return podCidrs;
  return monitoring?.prometheus === true || maxReplicas !== undefined ? undefined : ["127.0.0.0/8"];
}

function callersOutside(exposure: Exposure): readonly string[] {
  switch (exposure.type) {
    case "cluster-ip":
      return [];
    case "https":
      return exposure.subnetCidrs;
    case "load-balancer":
      return exposure.sourceCidrs;
  }
}

/** cdktf ignores the dependencies of the construct tree; `depends_on` of a resource is what Terraform sees. */
function startsAfter(resource: TerraformResource, ...earlier: readonly TerraformResource[]): void {
  resource.dependsOn = [...(resource.dependsOn ?? []), ...earlier.map(dependable)];
}
