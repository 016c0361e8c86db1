import { ChatWorkload, type ChatWorkloadProps } from "../../../constructs/kubernetes/chat-workload";
import { SAMPLE_PLAN, SAMPLE_SETTINGS } from "../../helpers/sample-config";
import { synthConstructs, type SynthesizedStack } from "../../helpers/synth-stack";
import { INTERNAL_LOAD_BALANCER } from "../../helpers/exposures";

const PROPS: ChatWorkloadProps = {
  name: "chat-api",
  namespace: "carepath",
  image: "carepath-chat:1.4.0",
  storageClassName: "gp3",
  plan: SAMPLE_PLAN,
  createNamespace: true,
  podSecurityVersion: "v1.35",
  imagePullPolicy: "Always",
  settings: SAMPLE_SETTINGS,
  replicas: 1,
  exposure: { type: "cluster-ip" },
  allowedNamespaceLabels: [],
  cache: { mode: "shared", sizeGiB: 15 },
  cpuCores: 3,
  memoryMiB: 6000,
  apiKeys: { source: "none" },
};

function synth(props: Partial<ChatWorkloadProps> = {}): SynthesizedStack {
  return synthConstructs((stack) => {
    new ChatWorkload(stack, "chat", { ...PROPS, ...props });
  });
}

/** Resource types that a resource waits for, without their ids. */
function prerequisites(stack: SynthesizedStack, type: string): string[] {
  return ((stack.one(type)["depends_on"] ?? []) as string[]).map((address) => address.split(".")[0] ?? "").sort();
}

describe("namespace", () => {
  it("enforces, logs and shows the Pod Security Standard restricted", () => {
    expect(synth().one("kubernetes_namespace_v1")).toMatchObject({
      metadata: {
        name: "carepath",
        labels: {
          "pod-security.kubernetes.io/enforce": "restricted",
          "pod-security.kubernetes.io/enforce-version": "v1.35",
          "pod-security.kubernetes.io/audit": "restricted",
          "pod-security.kubernetes.io/audit-version": "v1.35",
          "pod-security.kubernetes.io/warn": "restricted",
          "pod-security.kubernetes.io/warn-version": "v1.35",
        },
      },
      timeouts: { delete: "15m" },
    });
  });

  it("comes before everything else", () => {
    const stack = synth({ apiKeys: { source: "terraform-variable", revision: 1 } });
    const types = Object.keys(stack.json.resource).filter((type) => type !== "kubernetes_namespace_v1");
    expect(types.length).toBeGreaterThanOrEqual(6);
    for (const type of types) expect(prerequisites(stack, type)).toContain("kubernetes_namespace_v1");
  });

  it("can exist already", () => {
    const stack = synth({ createNamespace: false });
    expect(stack.resources("kubernetes_namespace_v1")).toEqual([]);
    expect(stack.text).not.toContain("kubernetes_namespace_v1");
    expect(stack.one("kubernetes_deployment_v1")).toMatchObject({ metadata: { namespace: "carepath" } });
  });
});

describe("order", () => {
  it("starts the pods last, so that none runs without its NetworkPolicy", () => {
    expect(
      prerequisites(synth({ apiKeys: { source: "terraform-variable", revision: 1 } }), "kubernetes_deployment_v1"),
    ).toEqual([
      "kubernetes_namespace_v1",
      "kubernetes_network_policy_v1",
      "kubernetes_persistent_volume_claim_v1",
      "kubernetes_secret_v1",
      "kubernetes_service_account_v1",
    ]);
    expect(prerequisites(synth({ cache: { mode: "per-replica", sizeGiB: 15 } }), "kubernetes_stateful_set_v1")).toEqual(
      [
        "kubernetes_namespace_v1",
        "kubernetes_network_policy_v1",
        "kubernetes_service_account_v1",
        "kubernetes_service_v1",
      ],
    );
  });
});

describe("cache", () => {
  it("is one claim that does not wait to be bound, because its class waits for the pod", () => {
    const stack = synth({ cache: { mode: "shared", sizeGiB: 20 }, storageClassName: "fast" });
    expect(stack.one("kubernetes_persistent_volume_claim_v1")).toMatchObject({
      metadata: { name: "chat-api-model-cache", namespace: "carepath" },
      spec: {
        access_modes: ["ReadWriteOnce"],
        storage_class_name: "fast",
        resources: { requests: { storage: "20Gi" } },
      },
      wait_until_bound: false,
    });
    expect(stack.chat().pod.volume).toContainEqual({
      name: "model-cache",
      persistent_volume_claim: { claim_name: "chat-api-model-cache" },
    });
  });

  it("switches to a StatefulSet with nothing else changed in the pod but where the cache comes from", () => {
    const shared = synth();
    const perReplica = synth({ cache: { mode: "per-replica", sizeGiB: 15 } });
    expect(perReplica.resources("kubernetes_deployment_v1")).toEqual([]);
    expect(perReplica.resources("kubernetes_persistent_volume_claim_v1")).toEqual([]);
    expect(shared.resources("kubernetes_stateful_set_v1")).toEqual([]);
    const { volume: sharedVolumes, ...sharedPod } = shared.chat().pod;
    const { volume: ownVolumes, ...ownPod } = perReplica.chat().pod;
    expect(ownPod).toEqual(sharedPod);
    expect(ownVolumes).toEqual(sharedVolumes?.filter(({ name }) => name !== "model-cache"));
    for (const type of ["kubernetes_network_policy_v1", "kubernetes_service_account_v1"]) {
      expect(perReplica.one(type)).toEqual(shared.one(type));
    }
  });
});

describe("API keys", () => {
  it("come from the Secret that is named", () => {
    const stack = synth({ apiKeys: { source: "existing-secret", name: "their-keys" } });
    expect(stack.resources("kubernetes_secret_v1")).toEqual([]);
    expect(stack.chat().pod.volume).toContainEqual(
      expect.objectContaining({
        name: "api-keys",
        secret: expect.objectContaining({ secret_name: "their-keys" }) as unknown,
      }),
    );
    expect(stack.chat().env).toMatchObject({ API_KEYS_FILE: "/etc/carepath/api-keys/keys" });
  });

  it("come from the Terraform variable", () => {
    const stack = synth({ apiKeys: { source: "terraform-variable", revision: 1 } });
    expect(stack.one("kubernetes_secret_v1")).toMatchObject({ metadata: { name: "chat-api-keys" } });
    expect(stack.chat().pod.volume).toContainEqual(
      expect.objectContaining({ secret: expect.objectContaining({ secret_name: "chat-api-keys" }) as unknown }),
    );
  });

  it("leave the metrics to the pods behind a load balancer, which passes every path on", () => {
    const apiKeys = { source: "existing-secret", name: "their-keys" } as const;
    const podCidrs = ["10.20.0.0/16", "10.40.0.0/24"];
    expect(synth({ apiKeys, podCidrs }).chat().env).not.toHaveProperty("METRICS_CIDRS");
    const exposure = INTERNAL_LOAD_BALANCER;
    expect(synth({ apiKeys, exposure, podCidrs }).chat().env).toMatchObject({
      METRICS_CIDRS: "10.20.0.0/16,10.40.0.0/24",
    });
    expect(synth({ apiKeys, exposure, podCidrs: [] }).chat().env).toMatchObject({ METRICS_CIDRS: "127.0.0.0/8" });
    const monitoring = { prometheus: true, namespace: "monitoring" };
    expect(synth({ apiKeys, exposure, podCidrs: [], monitoring }).chat().env).not.toHaveProperty("METRICS_CIDRS");
  });
});

it("hands the mirror to the service and lets the pod reach it", () => {
  const stack = synth({ settings: { ...SAMPLE_SETTINGS, modelBaseUrl: "https://mirror.example:8443/hub" } });
  expect(stack.chat().env).toMatchObject({ MODEL_BASE_URL: "https://mirror.example:8443/hub" });
  expect(stack.spec("kubernetes_network_policy_v1")["egress"]).toContainEqual(
    expect.objectContaining({
      ports: [
        { port: "443", protocol: "TCP" },
        { port: "8443", protocol: "TCP" },
      ],
    }),
  );
});

it("lets the clients of a load balancer through to the pod", () => {
  const stack = synth({
    apiKeys: { source: "existing-secret", name: "their-keys" },
    exposure: { ...INTERNAL_LOAD_BALANCER, sourceCidrs: ["10.1.0.0/16"] },
    allowedNamespaceLabels: [{ team: "triage" }],
  });
  expect(stack.spec("kubernetes_service_v1")).toMatchObject({ load_balancer_source_ranges: ["10.1.0.0/16"] });
  expect(stack.spec("kubernetes_network_policy_v1")["ingress"]).toMatchObject([
    {
      from: [
        { namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "carepath" } } },
        { namespace_selector: { match_labels: { team: "triage" } } },
        { ip_block: { cidr: "10.1.0.0/16" } },
      ],
    },
  ]);
});

it("runs on any architecture where the plan knows none", () => {
  expect(synth().chat().pod.node_selector).toEqual({ "kubernetes.io/arch": "arm64" });
  expect(synth({ plan: { ...SAMPLE_PLAN, architecture: null } }).chat().pod.node_selector).toBeUndefined();
});
