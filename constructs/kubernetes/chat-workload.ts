import { type ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { dependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";

import { type AppConfig } from "../../config/schema";
import { type EnvironmentPlan } from "../../planning/environment-plan";
import { PATHS } from "../../service/src/contract";
import { alertRules } from "./alert-rules";
import { ApiKeysSecret } from "./api-keys-secret";
import { callers, type CallersProps } from "./callers";
import { ChatDeployment } from "./chat-deployment";
import { type ServiceSettings } from "./chat-environment";
import { ChatIngress } from "./chat-ingress";
import { ChatNamespace } from "./chat-namespace";
import { ChatMonitoring } from "./chat-monitoring";
import { ChatNetworkPolicy } from "./chat-network-policy";
import { type ChatPodProps } from "./chat-pod";
import { ChatService } from "./chat-service";
import { ChatStatefulSet } from "./chat-stateful-set";
import { ExternalApiKeys } from "./external-api-keys";
import { ModelCache } from "./model-cache";
import { TokenlessServiceAccount } from "./tokenless-service-account";
import { vllmAlertRules } from "./vllm-alert-rules";
import { VLLM_PORT_NAME, VllmEngine, type VllmEngineProps } from "./vllm-engine";

type Chat = AppConfig["chat"];

/** What stands in the configuration as it is; `config/schema.ts` explains it. */
type ConfiguredProps = Readonly<
  Pick<Chat, "name" | "namespace" | "cache" | "replicas" | "cpuCores" | "memoryMiB" | "apiKeys"> &
    Pick<Chat, "allowedNamespaceLabels"> &
    Partial<Pick<Chat, "modelTokenSecretName">>
>;

export interface ChatWorkloadProps extends CallersProps, ConfiguredProps {
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
  /** The engine instead of the pods of this repository; keys, ingress, policy and metrics stay. @default none */
  readonly vllm?: Pick<VllmEngineProps, "image" | "toolCallParser"> | undefined;
}

/** What the pods of both engines have. */
type EitherPod = Pick<
  ChatPodProps,
  "name" | "serviceAccountName" | "cpuCores" | "memoryMiB" | "apiKeysSecretName" | "modelTokenSecretName"
>;

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
    const { sourceCidrs, metricsReaders, metricsCidrs } = callers(props);
    const account = new TokenlessServiceAccount(this, "service-account", common).account;
    const keys = this.#apiKeys(props);
    const policy = new ChatNetworkPolicy(this, "network-policy", {
      ...common,
      allowedNamespaceLabels: props.allowedNamespaceLabels,
      metricsReaders,
      sourceCidrs,
      podCidrs: props.podCidrs,
      downloadUrls: [plan.model.url, props.settings.modelBaseUrl].filter((url) => url !== undefined),
    }).policy;
    const { vllm } = props;
    const port = vllm === undefined ? undefined : VLLM_PORT_NAME;
    this.service = new ChatService(this, "service", { ...common, exposure, targetPort: port }).service;
    const ingress = this.#ingress(props);

    const pod: EitherPod = {
      name,
      serviceAccountName: name,
      cpuCores: props.cpuCores,
      memoryMiB: props.memoryMiB,
      apiKeysSecretName: keys.secretName,
      modelTokenSecretName: props.modelTokenSecretName,
    };
    const workload =
      vllm === undefined ? this.#createWorkload(props, pod, metricsCidrs) : this.#createEngine(vllm, props, pod);
    startsAfter(workload, account, policy, ...[keys.resource, ingress?.ingress].filter((each) => each !== undefined));
    if (props.monitoring?.prometheus === true) {
      const { maxQueue } = props.settings;
      const { startup: startupProbe } = plan.probes;
      new ChatMonitoring(this, "monitoring", {
        ...common,
        port,
        rules: (job) =>
          vllm === undefined
            ? alertRules({ ...common, job, maxQueue, startupProbe })
            : vllmAlertRules({ job, maxQueue }),
      });
    }
    if (props.createNamespace) this.#createNamespace(props);
  }

  /** Before the pods: the controller gives a readiness gate only to pods of a Service that it knows. */
  #ingress({ name, namespace, exposure, plan, vllm }: ChatWorkloadProps): ChatIngress | undefined {
    if (exposure.type !== "https") return undefined;
    if (plan.applicationLoadBalancer === null)
      throw new Error(`${this.node.path}: the plan of HTTPS has the times of its load balancer.`);
    const ingress = new ChatIngress(this, "ingress", {
      name,
      namespace,
      exposure,
      times: plan.applicationLoadBalancer,
      // vLLM listens once its model has answered, and has no other path for that.
      healthCheckPath: vllm === undefined ? undefined : PATHS.health,
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

  #createWorkload(
    props: ChatWorkloadProps,
    common: EitherPod,
    metricsCidrs: readonly string[] | undefined,
  ): TerraformResource {
    const { namespace, storageClassName, plan, cache } = props;
    const { model, terraformTimeoutSeconds, progressDeadlineSeconds } = plan;
    if (model.kind !== "file")
      throw new Error(`${this.node.path}: the service of this repository loads one GGUF file.`);
    const pod: ChatPodProps = {
      ...common,
      image: props.image,
      imagePullPolicy: props.imagePullPolicy,
      settings: {
        ...props.settings,
        model,
        heartbeatSeconds: plan.heartbeatSeconds,
        drainSeconds: plan.drainSeconds,
        keepAliveSeconds: plan.applicationLoadBalancer?.keepAliveSeconds,
        metricsCidrs,
      },
      probes: plan.probes,
      preStopSeconds: plan.preStopSeconds,
      terminationGracePeriodSeconds: plan.terminationGracePeriodSeconds,
      architecture: plan.architecture ?? undefined,
    };
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

  #createEngine(
    vllm: NonNullable<ChatWorkloadProps["vllm"]>,
    { namespace, plan, settings, replicas, cache }: ChatWorkloadProps,
    pod: EitherPod,
  ): TerraformResource {
    const { model } = plan;
    if (model.kind !== "hub") throw new Error(`${this.node.path}: vLLM loads a repository of the hub.`);
    return new VllmEngine(this, "vllm", {
      ...pod,
      ...settings,
      ...vllm,
      model,
      namespace,
      plan,
      replicas,
      modelAliases: settings.modelAliases ?? [],
      cacheSizeGiB: cache.sizeGiB,
    }).release;
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

/** cdktf ignores the dependencies of the construct tree; `depends_on` of a resource is what Terraform sees. */
function startsAfter(resource: TerraformResource, ...earlier: readonly TerraformResource[]): void {
  resource.dependsOn = [...(resource.dependsOn ?? []), ...earlier.map(dependable)];
}
