import { ChatStatefulSet, type ChatStatefulSetProps } from "../../../constructs/kubernetes/chat-stateful-set";
import { SAMPLE_POD } from "../../helpers/sample-config";
import { synthConstructs } from "../../helpers/synth-stack";

const PROPS: ChatStatefulSetProps = {
  ...SAMPLE_POD,
  namespace: "carepath",
  storageClassName: "gp3",
  cacheSizeGiB: 15,
  replicas: 1,
  terraformTimeoutSeconds: 1801,
};

function synth(props: Partial<ChatStatefulSetProps> = {}) {
  return synthConstructs((stack) => {
    new ChatStatefulSet(stack, "replicas", { ...PROPS, ...props });
  });
}

describe("caches", () => {
  it("claims a volume for each replica under the name that the pod mounts", () => {
    const stack = synth();
    expect(stack.spec("kubernetes_stateful_set_v1")["volume_claim_template"]).toMatchObject([
      {
        metadata: { name: "model-cache" },
        spec: {
          access_modes: ["ReadWriteOnce"],
          storage_class_name: "gp3",
          resources: { requests: { storage: "15Gi" } },
        },
      },
    ]);
    expect(stack.chat().container.volume_mount.map(({ name }) => name)).toContain("model-cache");
    expect(stack.chat().pod.volume?.map(({ name }) => name)).not.toContain("model-cache");
  });

  it("keeps them while scaled down and gives them back when the workload goes", () => {
    expect(synth().spec("kubernetes_stateful_set_v1")).toMatchObject({
      persistent_volume_claim_retention_policy: [{ when_deleted: "Delete", when_scaled: "Retain" }],
    });
  });
});

describe("rollout", () => {
  it("starts all replicas at once and updates one after the other", () => {
    expect(synth({ replicas: 3 }).one("kubernetes_stateful_set_v1")).toMatchObject({
      spec: {
        replicas: "3",
        pod_management_policy: "Parallel",
        update_strategy: [{ type: "RollingUpdate", rolling_update: [{ partition: 0 }] }],
        min_ready_seconds: 5,
      },
      wait_for_rollout: true,
      timeouts: { create: "1801s", update: "1801s", delete: "251s" },
    });
  });
});

describe("headless service", () => {
  it("gives every replica its own name, also before it is ready", () => {
    const stack = synth();
    expect(stack.one("kubernetes_service_v1")).toMatchObject({
      metadata: { name: "chat-api-replicas", namespace: "carepath" },
      spec: {
        cluster_ip: "None",
        publish_not_ready_addresses: true,
        selector: { "app.kubernetes.io/name": "chat-api" },
        port: [{ port: 8002, target_port: "http" }],
      },
    });
    expect(stack.spec("kubernetes_stateful_set_v1")["service_name"]).toBe("chat-api-replicas");
  });
});

describe("spread and disruption budget", () => {
  it("need several replicas", () => {
    const stack = synth();
    expect(stack.resources("kubernetes_pod_disruption_budget_v1")).toEqual([]);
    expect(stack.chat().pod.topology_spread_constraint).toBeUndefined();
  });

  it.each([{ replicas: 2 }, { maxReplicas: 2 }])("come with %p", (props) => {
    const stack = synth(props);
    expect(stack.one("kubernetes_pod_disruption_budget_v1")).toMatchObject({
      metadata: { name: "chat-api", namespace: "carepath" },
      spec: { max_unavailable: "1", selector: { match_labels: { "app.kubernetes.io/name": "chat-api" } } },
    });
    expect(stack.chat().pod.topology_spread_constraint).toHaveLength(2);
  });
});

describe("autoscaler", () => {
  it("is there only with maxReplicas", () => {
    expect(synth({ replicas: 3 }).resources("kubernetes_manifest")).toEqual([]);
    expect(synth({ replicas: 3 }).one("kubernetes_stateful_set_v1")).not.toHaveProperty("lifecycle");
  });

  it("scales the StatefulSet between replicas and maxReplicas, and Terraform leaves the number to it", () => {
    const stack = synth({ replicas: 2, maxReplicas: 5 });
    expect(stack.one("kubernetes_manifest")).toMatchObject({
      manifest: {
        kind: "ScaledObject",
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "StatefulSet", name: "chat-api" },
          minReplicaCount: 2,
          maxReplicaCount: 5,
        },
      },
    });
    expect(stack.one("kubernetes_stateful_set_v1")["lifecycle"]).toEqual({ ignore_changes: ["spec[0].replicas"] });
  });
});
