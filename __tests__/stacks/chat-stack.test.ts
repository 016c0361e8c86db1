import { CONTAINER_PATHS, DEFAULTS, ENV, PATHS, SERVICE_PORT } from "../../service/src/contract";
import { SETTING_NAMES } from "../../service/src/settings";
import { CHAT_VARIANTS, synthChat } from "../helpers/chat-variants";
import { ClusterStack } from "../../stacks/cluster-stack";
import { PlatformStack } from "../../stacks/platform-stack";
import { SAMPLE_ALB_TIMES, SAMPLE_PLAN, SAMPLE_POD, eksConfig, existingClusterConfig } from "../helpers/sample-config";
import { type Json, synthStack, type SynthesizedStack } from "../helpers/synth-stack";

const DIGEST = `sha256:${"a1".repeat(32)}`;
const shared = synthChat(eksConfig());
const deploymentOf = (stack: SynthesizedStack) => stack.one("kubernetes_deployment_v1");

describe("the story", () => {
  it("2: keeps the model on a 15Gi volume that outlives the pod, where the service looks for it", () => {
    expect(shared.spec("kubernetes_persistent_volume_claim_v1")).toMatchObject({
      resources: { requests: { storage: "15Gi" } },
    });
    const { container, pod, env } = shared.chat();
    const mount = container.volume_mount.find(({ mount_path }) => mount_path === env[ENV.modelCacheDir]);
    expect(pod.volume?.find(({ name }) => name === mount?.name)).toMatchObject({
      persistent_volume_claim: { claim_name: "chat-api-model-cache" },
    });
  });

  it("3: requests what it may use, so that the scheduler's answer holds and the pod is not the first to be evicted", () => {
    const { requests, limits } = shared.chat().container.resources ?? {};
    expect(requests).toEqual(limits);
    expect(requests).toEqual({ cpu: "3", memory: "6000Mi", "ephemeral-storage": "256Mi" });
  });

  it("4: holds liveness back until the model has answered, with the window of the plan", () => {
    const { startup_probe, liveness_probe } = shared.chat().container;
    expect(startup_probe).toMatchObject({ http_get: { path: PATHS.ready }, period_seconds: 7, failure_threshold: 101 });
    expect(liveness_probe?.http_get.path).toBe(PATHS.health);
  });

  it("5: asks liveness of the endpoint that answers while the model generates", () => {
    const { liveness_probe } = shared.chat().container;
    expect(liveness_probe).toMatchObject({
      http_get: { path: PATHS.health },
      period_seconds: 11,
      failure_threshold: 8,
    });
  });

  it("6: leaves the thread count to the cpu allotment, which is a whole number of cores", () => {
    expect(shared.chat().env).not.toHaveProperty(ENV.threads);
    expect(Number.isInteger(Number(shared.chat().container.resources?.limits?.["cpu"]))).toBe(true);
  });

  it("7: bounds the queue", () => {
    expect(synthChat(eksConfig({ maxQueue: 5 })).chat().env[ENV.maxQueue]).toBe("5");
    expect(shared.chat().env[ENV.maxQueue]).toBe(String(DEFAULTS.maxQueue));
  });

  it("8: sends heartbeats more often than the load balancer's idle timeout", () => {
    const stack = synthChat(CHAT_VARIANTS["behind a load balancer that passes packets on"]);
    expect(stack.chat().env[ENV.heartbeatSeconds]).toBe("13");
    // A Network Load Balancer: 350 seconds. Without the annotation it would be a Classic one: 60.
    expect(stack.one("kubernetes_service_v1")).toMatchObject({
      metadata: { annotations: { "service.beta.kubernetes.io/aws-load-balancer-type": "nlb" } },
    });
  });

  it("9: replaces the pod in place, because its volume serves one pod", () => {
    expect(shared.spec("kubernetes_deployment_v1")).toMatchObject({
      replicas: "1",
      strategy: { type: "Recreate" },
      min_ready_seconds: 5,
      revision_history_limit: 3,
      selector: { match_labels: { "app.kubernetes.io/name": "chat-api" } },
      template: { metadata: { labels: { "app.kubernetes.io/name": "chat-api" } } },
    });
  });

  it("10: locks the state where it is shared", () => {
    const stack = synthChat(CHAT_VARIANTS["production by HTTPS"]);
    expect(stack.json.terraform["backend"]).toMatchObject({ s3: { bucket: "states", use_lockfile: true } });
  });

  it("11: writes structured logs at the configured level", () => {
    expect(synthChat(eksConfig({ logLevel: "warn" })).chat().env[ENV.logLevel]).toBe("warn");
  });
});

describe("times", () => {
  it("gives up in the order startup window, Kubernetes, Terraform", () => {
    const { startup_probe } = shared.chat().container;
    const window = (startup_probe?.period_seconds ?? 0) * (startup_probe?.failure_threshold ?? 0);
    const { spec, timeouts, ...rest } = deploymentOf(shared) as {
      spec: { progress_deadline_seconds: number };
      timeouts: { create: string };
    };
    expect(rest).toMatchObject({ wait_for_rollout: true });
    expect(spec.progress_deadline_seconds).toBe(SAMPLE_PLAN.progressDeadlineSeconds);
    // The last is the grace period and two minutes.
    expect(timeouts).toEqual({ create: "1801s", update: "1801s", delete: "251s" });
    expect(window).toBeLessThan(spec.progress_deadline_seconds);
    expect(spec.progress_deadline_seconds).toBeLessThan(parseInt(timeouts.create, 10));
  });

  it("leaves running answers more time than the drain", () => {
    const { pod, env } = shared.chat();
    expect(env[ENV.drainSeconds]).toBe("91");
    expect(pod.termination_grace_period_seconds).toBe(131);
  });
});

describe("environment variables", () => {
  it("are only names that the service reads, each once, in every variant", () => {
    for (const config of Object.values(CHAT_VARIANTS)) {
      const names = synthChat(config)
        .chat()
        .container.env.map(({ name }) => name);
      expect(names.filter((name) => !(SETTING_NAMES as readonly string[]).includes(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it("carry the facts of the model in the plan", () => {
    const { id, url, bytes, sha256 } = SAMPLE_POD.settings.model;
    expect(shared.chat().env).toMatchObject({
      [ENV.modelId]: id,
      [ENV.modelUrl]: url,
      [ENV.modelBytes]: String(bytes),
      [ENV.modelSha256]: sha256,
    });
  });
});

describe("image", () => {
  it("comes from the repository of the cluster stack, found by name", () => {
    expect(shared.json.data?.["aws_ecr_repository"]).toMatchObject({
      "image-repository": { name: "carepath-sample/chat-service" },
    });
    expect(shared.chat().container.image).toBe("${data.aws_ecr_repository.image-repository.repository_url}:1.4.0");
  });

  it("comes from a repository that is named", () => {
    const stack = synthChat(eksConfig({ image: { repository: "registry.example/chat", digest: DIGEST } }));
    expect(stack.chat().container.image).toBe(`registry.example/chat@${DIGEST}`);
    expect(stack.json.data).not.toHaveProperty("aws_ecr_repository");
  });
});

describe("connection", () => {
  it("finds an EKS cluster by name and asks for a token when it needs one", () => {
    expect(shared.json.data?.["aws_eks_cluster"]).toMatchObject({ cluster: { name: "carepath-sample" } });
    expect(shared.json.provider).toMatchObject({
      aws: [{ region: "eu-central-1" }],
      kubernetes: [
        {
          host: "${data.aws_eks_cluster.cluster.endpoint}",
          cluster_ca_certificate: "${base64decode(data.aws_eks_cluster.cluster.certificate_authority[0].data)}",
          exec: [
            {
              api_version: "client.authentication.k8s.io/v1beta1",
              command: "aws",
              args: [
                ...["eks", "get-token", "--cluster-name", "carepath-sample"],
                ...["--region", "eu-central-1", "--output", "json"],
              ],
            },
          ],
        },
      ],
    });
  });

  it("uses the context of a kubeconfig for an existing cluster, and nothing of AWS", () => {
    const stack = synthChat(existingClusterConfig({}, { kubeconfigPath: "/etc/kube/config" }));
    expect(stack.json.provider).toEqual({
      kubernetes: [{ config_context: "kind-carepath", config_path: "/etc/kube/config" }],
    });
    expect(stack.json).not.toHaveProperty("data");
    expect(stack.text).not.toMatch(/aws/i);
  });

  it("claims the storage class that the existing cluster has, and pins no Pod Security version there", () => {
    const stack = synthChat(existingClusterConfig());
    expect(stack.spec("kubernetes_persistent_volume_claim_v1")).toMatchObject({ storage_class_name: "standard" });
    expect(stack.one("kubernetes_namespace_v1")).toMatchObject({
      metadata: { labels: { "pod-security.kubernetes.io/enforce-version": "latest" } },
    });
    expect(shared.one("kubernetes_namespace_v1")).toMatchObject({
      metadata: { labels: { "pod-security.kubernetes.io/enforce-version": "v1.35" } },
    });
  });
});

describe("API keys", () => {
  it("appear in no file: the variable is ephemeral and the Secret takes it write-only", () => {
    const stack = synthChat(eksConfig({ apiKeys: { source: "terraform-variable" } }));
    expect(stack.json.variable?.["chat_api_keys"]).toMatchObject({ ephemeral: true, sensitive: true });
    expect(stack.one("kubernetes_secret_v1")).toMatchObject({ data_wo: { keys: "${var.chat_api_keys}" } });
    expect(stack.chat().env[ENV.apiKeysFile]).toBe(`${CONTAINER_PATHS.apiKeysDir}/keys`);
    expect(stack.json.output).not.toHaveProperty("chat_api_keys");
  });
});

describe("HTTPS", () => {
  const variant = CHAT_VARIANTS["production by HTTPS"];
  const stack = synthChat(variant);
  const annotations = (of = stack) =>
    (of.one("kubernetes_ingress_v1")["metadata"] as { annotations: Record<string, string> }).annotations;

  it("lets the load balancer's subnets through to the service port, and none of its clients", () => {
    expect(annotations()["alb.ingress.kubernetes.io/subnets"]).toBe(
      "carepath-sample-public-eu-central-1a,carepath-sample-public-eu-central-1b",
    );
    const cluster = synthStack((app) => new ClusterStack(app, { config: variant, plan: SAMPLE_PLAN }));
    const blocks = cluster
      .resources("aws_subnet")
      .filter(({ tags }) => /-public-/.test((tags as { Name: string }).Name))
      .map(({ cidr_block: cidr }) => ({ ip_block: { cidr } }));
    expect(blocks).toHaveLength(2);
    const [rule, ...others] = stack.spec("kubernetes_network_policy_v1")["ingress"] as Json[];
    expect(others).toEqual([]);
    expect(rule?.["ports"]).toEqual([{ port: String(SERVICE_PORT), protocol: "TCP" }]);
    expect((rule?.["from"] as Json[]).filter((peer) => "ip_block" in peer)).toEqual(blocks);
  });

  it("waits for the load balancer before the pods, which get their readiness gate only then", () => {
    const [id = ""] = Object.keys(stack.json.resource["kubernetes_ingress_v1"] ?? {});
    expect(stack.one("kubernetes_deployment_v1")["depends_on"]).toContain(`kubernetes_ingress_v1.${id}`);
    const platform = synthStack((app) => new PlatformStack(app, { config: variant, plan: SAMPLE_PLAN }));
    expect(platform.one("kubernetes_namespace_v1")).toMatchObject({
      metadata: { labels: { "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled" } },
    });
  });

  it("makes a certificate and a record in the zone, or takes the certificate that is named", () => {
    expect(stack.one("aws_acm_certificate")).toMatchObject({ domain_name: "chat.example.com" });
    expect(stack.resources("aws_route53_record")).toContainEqual(
      expect.objectContaining({ type: "A", name: "chat.example.com", zone_id: "Z0123456789ABCDEFGHIJ" }),
    );
    const arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d";
    const named = synthChat({
      ...variant,
      chat: {
        ...variant.chat,
        exposure: {
          type: "https",
          host: "chat.example.com",
          certificateArn: arn,
          scheme: "internal",
          sourceCidrs: ["10.0.0.0/8"],
        },
      },
    });
    expect(annotations(named)["alb.ingress.kubernetes.io/certificate-arn"]).toBe(arn);
    expect(Object.keys(named.json.resource).filter((type) => type.startsWith("aws_"))).toEqual([]);
  });

  it("takes the load balancer's subnets of an existing network, by id, and admits them alone", () => {
    const place = (id: string, cidr: string) => ({ id, cidr });
    const existing = {
      vpcId: "vpc-1",
      subnets: { "eu-central-1a": place("subnet-1", "10.1.0.0/22"), "eu-central-1b": place("subnet-2", "10.1.4.0/22") },
      loadBalancerSubnets: {
        "eu-central-1a": place("subnet-3", "10.1.8.0/26"),
        "eu-central-1b": place("subnet-4", "10.1.8.64/26"),
      },
    };
    const placed = synthChat({ ...variant, network: { ...variant.network, existing } });
    expect(annotations(placed)["alb.ingress.kubernetes.io/subnets"]).toBe("subnet-3,subnet-4");
    const [{ from }] = placed.spec("kubernetes_network_policy_v1")["ingress"] as [{ from: unknown[] }];
    expect(from.slice(1)).toEqual([{ ip_block: { cidr: "10.1.8.0/26" } }, { ip_block: { cidr: "10.1.8.64/26" } }]);
  });

  it("keeps connections longer than the load balancer does, which would answer 502 otherwise", () => {
    expect(Number(stack.chat().env[ENV.keepAliveSeconds])).toBe(SAMPLE_ALB_TIMES.keepAliveSeconds);
    expect(shared.chat().env).not.toHaveProperty(ENV.keepAliveSeconds);
  });
});

describe("outputs", () => {
  it("say how to reach the service from a laptop", () => {
    expect(shared.json.output?.["port_forward"]?.value).toBe(
      `kubectl --namespace carepath-demo port-forward service/chat-api ${SERVICE_PORT}:${SERVICE_PORT}`,
    );
    expect(shared.json.output).not.toHaveProperty("load_balancer_hostname");
  });

  it("say where the load balancer is", () => {
    const stack = synthChat(CHAT_VARIANTS["behind a load balancer that passes packets on"]);
    const [id] = Object.keys(stack.json.resource["kubernetes_service_v1"] ?? {});
    expect(stack.json.output?.["load_balancer_hostname"]?.value).toBe(
      `\${kubernetes_service_v1.${id ?? ""}.status[0].load_balancer[0].ingress[0].hostname}`,
    );
  });

  it("say the address, and what a zone elsewhere must point at", () => {
    const stack = synthChat(CHAT_VARIANTS["production by HTTPS"]);
    const [id = ""] = Object.keys(stack.json.resource["kubernetes_ingress_v1"] ?? {});
    expect(stack.json.output?.["address"]?.value).toBe("https://chat.example.com");
    expect(stack.json.output?.["load_balancer_hostname"]?.value).toBe(
      `\${kubernetes_ingress_v1.${id}.status[0].load_balancer[0].ingress[0].hostname}`,
    );
  });
});

it.each<[Parameters<typeof eksConfig>[0] & object, string]>([
  [{ namespace: "other-namespace" }, '"namespace": "other-namespace"'],
  [{ name: "other-name" }, '"name": "other-name"'],
  [{ createNamespace: false }, ""],
  [{ memoryMiB: 7001 }, '"memory": "7001Mi"'],
  [{ cpuCores: 2 }, '"cpu": "2"'],
  [{ cache: { mode: "shared", sizeGiB: 31 } }, '"storage": "31Gi"'],
  [{ allowedNamespaceLabels: [{ team: "triage" }] }, '"team": "triage"'],
  [{ modelTokenSecretName: "hub-token" }, '"secret_name": "hub-token"'],
])("changes with %p", (chat, expected) => {
  const stack = synthChat(eksConfig(chat));
  expect(stack.text).toContain(expected);
  expect(stack.text).not.toBe(shared.text);
});

it("has the same resources under the same addresses as before, because a changed address replaces what runs", () => {
  const addresses = Object.entries(synthChat(eksConfig({ apiKeys: { source: "terraform-variable" } })).json.resource);
  expect(addresses.flatMap(([type, byId]) => Object.keys(byId).map((id) => `${type}.${id}`)).sort()).toEqual([
    "kubernetes_deployment_v1.chat_deployment_1E78E4BF",
    "kubernetes_namespace_v1.chat_namespace_9C39B230",
    "kubernetes_network_policy_v1.chat_network-policy_7919E41B",
    "kubernetes_persistent_volume_claim_v1.chat_model-cache_claim_364C23A7",
    "kubernetes_secret_v1.chat_api-keys_secret_4D1FF222",
    "kubernetes_service_account_v1.chat_service-account_FEC62E50",
    "kubernetes_service_v1.chat_service_74DABDB0",
  ]);
});
