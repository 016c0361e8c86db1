import { type App } from "cdktf";

import { EBS_CSI_CONTROLLER } from "../../config/names";
import { type EksConfig } from "../../config/schema";
import { ChatStack } from "../../stacks/chat-stack";
import { ClusterStack } from "../../stacks/cluster-stack";
import { PlatformStack } from "../../stacks/platform-stack";
import { SAMPLE_PLAN, eksConfig } from "../helpers/sample-config";
import { synthStack, type Json, type SynthesizedStack } from "../helpers/synth-stack";

function platform(config = eksConfig()): SynthesizedStack {
  return synthStack((app: App) => new PlatformStack(app, { config, plan: SAMPLE_PLAN }));
}

function chart(stack: SynthesizedStack, name: string): Json & { readonly parsed: Json } {
  const release = stack.resources("helm_release").find((each) => each["name"] === name);
  const [text] = (release?.["values"] ?? []) as string[];
  return { ...release, parsed: JSON.parse(text ?? "{}") as Json };
}

const NODES = { instanceType: "m7g.xlarge", capacityType: "ON_DEMAND" } as const;

describe("the story", () => {
  it("1: installs the EBS CSI driver under the account that has its IAM role, before anything can claim a volume", () => {
    const stack = platform();
    const driver = chart(stack, "aws-ebs-csi-driver");
    expect(driver["namespace"]).toBe(EBS_CSI_CONTROLLER.namespace);
    expect(driver.parsed).toMatchObject({
      controller: { region: "eu-central-1", serviceAccount: { name: EBS_CSI_CONTROLLER.serviceAccount } },
    });
    const [id] = Object.entries(stack.json.resource["helm_release"] ?? {}).find(
      ([, { name }]) => name === driver["name"],
    ) ?? [""];
    expect(stack.one("kubernetes_storage_class_v1")["depends_on"]).toEqual([`helm_release.${id}`]);
  });

  it("1: makes the class that the chat stack claims", () => {
    const config = eksConfig({}, { storage: { className: "cache-class" } });
    const claim = synthStack((app) => new ChatStack(app, { config, plan: SAMPLE_PLAN })).spec(
      "kubernetes_persistent_volume_claim_v1",
    );
    expect(platform(config).one("kubernetes_storage_class_v1")).toMatchObject({ metadata: { name: "cache-class" } });
    expect(claim["storage_class_name"]).toBe("cache-class");
  });
});

it("gives the class the iops and throughput of the configuration", () => {
  const config = eksConfig({}, { storage: { iops: 4000, throughputMiBps: 250 } });
  expect(platform(config).one("kubernetes_storage_class_v1")).toMatchObject({
    parameters: { type: "gp3", encrypted: "true", iops: "4000", throughput: "250" },
    volume_binding_mode: "WaitForFirstConsumer",
  });
});

it("adds metrics-server, which kubectl top asks", () => {
  expect(chart(platform(), "metrics-server")).toMatchObject({ namespace: "kube-system", parsed: { replicas: 1 } });
});

it("runs a second storage controller only where there is a second node", () => {
  const replicas = (desiredSize: number) =>
    chart(platform(eksConfig({}, { nodes: { ...NODES, desiredSize } })), "aws-ebs-csi-driver").parsed["controller"];
  expect(replicas(1)).toMatchObject({ replicaCount: 1 });
  expect(replicas(2)).toMatchObject({ replicaCount: 2 });
});

it("installs KEDA where replicas are added, and the pods let its operator in", () => {
  const config = eksConfig({ cache: { mode: "per-replica" }, maxReplicas: 3 });
  expect(chart(platform(config), "keda")).toMatchObject({ version: "2.20.2", namespace: "kube-system" });
  expect(
    platform()
      .resources("helm_release")
      .map(({ name }) => name),
  ).not.toContain("keda");
  const chat = synthStack((app) => new ChatStack(app, { config, plan: SAMPLE_PLAN }));
  expect(chat.spec("kubernetes_network_policy_v1")["ingress"]).toMatchObject([
    { from: [{}, { pod_selector: { match_labels: { app: "keda-operator" } } }] },
  ]);
});

it("tags what controllers create in AWS with project and environment", () => {
  const tags = { Project: "carepath-chat", Environment: "sample" };
  expect(chart(platform(), "aws-ebs-csi-driver").parsed["controller"]).toMatchObject({ extraVolumeTags: tags });
  const config = eksConfig({
    apiKeys: { source: "existing-secret", name: "chat-keys" },
    exposure: { type: "load-balancer", scheme: "internal", sourceCidrs: ["192.168.0.0/16"] },
  });
  const chat = synthStack((app) => new ChatStack(app, { config, plan: SAMPLE_PLAN }));
  expect((chat.one("kubernetes_service_v1")["metadata"] as Json)["annotations"]).toMatchObject({
    "service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags": "Project=carepath-chat,Environment=sample",
  });
});

it("installs the Cluster Autoscaler where the configuration says so, and Terraform leaves the number of nodes to it", () => {
  const config = eksConfig({}, { nodes: { ...NODES, autoscaling: true, maxSize: 3 } });
  expect(chart(platform(config), "cluster-autoscaler").parsed).toMatchObject({
    autoDiscovery: { clusterName: "carepath-sample" },
    extraArgs: { "max-graceful-termination-sec": SAMPLE_PLAN.terminationGracePeriodSeconds },
  });
  expect(
    platform()
      .resources("helm_release")
      .map(({ name }) => name),
  ).not.toContain("cluster-autoscaler");
  const groups = (of: EksConfig) =>
    synthStack((app) => new ClusterStack(app, { config: of, plan: SAMPLE_PLAN })).resources("aws_eks_node_group");
  for (const { lifecycle } of groups(config))
    expect(lifecycle).toEqual({ ignore_changes: ["scaling_config[0].desired_size"] });
  for (const group of groups(eksConfig())) expect(group).not.toHaveProperty("lifecycle");
});

describe("the logs of the pods", () => {
  const config = eksConfig({}, { podLogs: { retentionDays: 14 } });

  it("go to the group that the cluster stack makes, from the chat's namespace", () => {
    const cluster = synthStack((app) => new ClusterStack(app, { config, plan: SAMPLE_PLAN }));
    const groups = cluster.resources("aws_cloudwatch_log_group").map(({ name }) => name);
    expect(groups).toContain("/aws/eks/carepath-sample/pods");
    expect(chart(platform(config), "aws-for-fluent-bit").parsed).toMatchObject({
      input: { path: `/var/log/containers/*_${config.chat.namespace}_*.log` },
      cloudWatchLogs: { logGroupName: "/aws/eks/carepath-sample/pods" },
    });
  });

  it("stay on their nodes where the configuration does not say so", () => {
    expect(
      platform()
        .resources("helm_release")
        .map(({ name }) => name),
    ).not.toContain("aws-for-fluent-bit");
  });
});

describe("the namespace", () => {
  const apiKeys = { source: "existing-secret", name: "chat-keys" } as const;

  it("is there before a Secret that no stack writes, and only once", () => {
    const config = eksConfig({ apiKeys, namespace: "carepath" });
    const chat = synthStack((app) => new ChatStack(app, { config, plan: SAMPLE_PLAN }));
    expect(platform(config).one("kubernetes_namespace_v1")).toMatchObject({
      metadata: {
        name: "carepath",
        labels: {
          "pod-security.kubernetes.io/enforce": "restricted",
          "pod-security.kubernetes.io/enforce-version": "v1.35",
        },
      },
    });
    expect(chat.resources("kubernetes_namespace_v1")).toEqual([]);
  });

  it("is left to the chat stack otherwise", () => {
    expect(platform().resources("kubernetes_namespace_v1")).toEqual([]);
  });
});

describe("what pull requests read", () => {
  const pullRequests = { githubRepository: "acme/chat" };
  const state = { type: "s3", bucket: "states", region: "eu-central-1" } as const;
  const external = {
    source: "external-secret",
    name: "chat-keys",
    store: { name: "secrets-manager" },
    remoteKey: "carepath/chat-keys",
  } as const;
  const rules = (config: EksConfig) => platform(config).one("kubernetes_cluster_role_v1")["rule"] as Json[];

  it("has every custom resource of the chat stack, by name, and the definitions", () => {
    const perReplica = { cache: { mode: "per-replica" }, maxReplicas: 3 } as const;
    const config = eksConfig(
      { ...perReplica, apiKeys: external },
      { pullRequests, state, monitoring: { prometheus: true } },
    );
    const manifests = synthStack((app) => new ChatStack(app, { config, plan: SAMPLE_PLAN }))
      .resources("kubernetes_manifest")
      .map(({ manifest }) => manifest as { apiVersion: string; kind: string; metadata: { name: string } });
    expect(manifests.map(({ kind }) => kind).sort()).toEqual([
      "ExternalSecret",
      "PodMonitor",
      "PrometheusRule",
      "ScaledObject",
    ]);
    for (const { apiVersion, kind, metadata } of manifests) {
      expect(rules(config)).toContainEqual({
        api_groups: [apiVersion.split("/")[0]],
        resources: [`${kind.toLowerCase()}s`],
        resource_names: [metadata.name],
        verbs: ["get"],
      });
    }
    expect(rules(config)).toContainEqual(expect.objectContaining({ resources: ["customresourcedefinitions"] }));
  });

  it("has no definitions without a custom resource, and never a Secret", () => {
    expect(JSON.stringify(rules(eksConfig({}, { pullRequests, state })))).not.toMatch(/customresource|secrets/);
  });
});

it("reaches the cluster by name, with the exec plugin as an object for helm and as a list for kubernetes", () => {
  const exec = {
    api_version: "client.authentication.k8s.io/v1beta1",
    command: "aws",
    args: ["eks", "get-token", "--cluster-name", "carepath-sample", "--region", "eu-central-1", "--output", "json"],
  };
  const connection = {
    host: "${data.aws_eks_cluster.cluster.endpoint}",
    cluster_ca_certificate: "${base64decode(data.aws_eks_cluster.cluster.certificate_authority[0].data)}",
  };
  const { provider, data } = platform().json;
  expect(data).toMatchObject({ aws_eks_cluster: { cluster: { name: "carepath-sample" } } });
  expect(provider).toEqual({
    aws: [{ region: "eu-central-1" }],
    kubernetes: [{ ...connection, exec: [exec] }],
    helm: [{ kubernetes: { ...connection, exec } }],
  });
});

it("keeps its state beside cdktf.json, or in S3 under its own key and with a lock", () => {
  expect(platform().json.terraform["backend"]).toEqual({
    local: { path: "../../../terraform.carepath-sample-platform.tfstate" },
  });
  const shared = eksConfig({}, { state: { type: "s3", bucket: "states", region: "eu-central-1" } });
  expect(platform(shared).json.terraform["backend"]).toMatchObject({
    s3: { key: "carepath-chat/carepath-sample-platform.tfstate", use_lockfile: true },
  });
});

it("has the same resources under the same addresses as before, because a changed address replaces what runs", () => {
  const addresses = Object.entries(platform().json.resource);
  expect(addresses.flatMap(([type, byId]) => Object.keys(byId).map((id) => `${type}.${id}`)).sort()).toEqual([
    "helm_release.ebs-csi-driver_chart_release_F58F4D15",
    "helm_release.metrics-server_chart_release_6539F317",
    "kubernetes_storage_class_v1.storage-class_651BDB74",
  ]);
});
