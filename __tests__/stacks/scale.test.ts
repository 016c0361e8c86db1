/** What of the environment for GPUs differs from production, stack by stack. */
import { synthEnvironment } from "../helpers/synth-app";
import { type Json } from "../helpers/synth-stack";

const GITHUB = { CAREPATH_GITHUB_REPOSITORY: "acme/chat" };
const scale = synthEnvironment("scale", GITHUB);
const production = synthEnvironment("production", GITHUB);
const stack = (name: string) => scale.stack(`carepath-scale-${name}`);

describe("the cluster stack", () => {
  const groups = stack("cluster").resources("aws_eks_node_group");
  const gpus = groups.filter(({ ami_type }) => ami_type === "AL2023_x86_64_NVIDIA");

  it("has a GPU node for each replica, each in another zone", () => {
    expect(gpus.map(({ scaling_config }) => scaling_config)).toEqual([
      { min_size: 1, desired_size: 1, max_size: 1 },
      { min_size: 1, desired_size: 1, max_size: 1 },
    ]);
    expect(new Set(gpus.map(({ subnet_ids }) => JSON.stringify(subnet_ids))).size).toBe(2);
  });

  it("keeps other pods off them, and says by a label that they have a GPU", () => {
    for (const group of gpus) {
      expect(group).toMatchObject({
        capacity_type: "ON_DEMAND",
        labels: { "nvidia.com/gpu.present": "true" },
        taint: [{ key: "nvidia.com/gpu", value: "present", effect: "NO_SCHEDULE" }],
      });
    }
    const types = stack("cluster")
      .resources("aws_launch_template")
      .map(({ instance_type }) => instance_type);
    expect(types.sort()).toEqual(["c7i.large", "g6.xlarge"]);
  });

  it("has CPU nodes without a taint for the controllers", () => {
    const others = groups.filter((group) => !gpus.includes(group));
    expect(others).toHaveLength(2);
    for (const group of others) expect(group).not.toHaveProperty("taint");
  });
});

describe("the platform stack", () => {
  const values = (chart: string) => {
    const release = stack("platform")
      .resources("helm_release")
      .find((each) => each["chart"] === chart);
    return { release, values: JSON.parse((release?.["values"] as [string])[0]) as Json };
  };

  it("installs the device plugin, which the node image lacks", () => {
    expect(values("nvidia-device-plugin").release).toMatchObject({
      version: "0.20.0",
      repository: "https://nvidia.github.io/k8s-device-plugin",
      namespace: "kube-system",
    });
  });

  it("reads the logs of GPU nodes too", () => {
    expect(values("aws-for-fluent-bit").values["tolerations"]).toEqual([
      { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
    ]);
  });
});

describe("the chat stack", () => {
  it("has the engine instead of the pods, and everything else of production", () => {
    const types = (app: typeof scale) => {
      const { resource } = app.stack(`carepath-${app.config.environment}-chat`).json;
      return Object.keys(resource).sort();
    };
    const ofService = ["kubernetes_manifest", "kubernetes_pod_disruption_budget_v1", "kubernetes_stateful_set_v1"];
    expect(types(scale)).toEqual(
      [
        ...types(production).filter((type) => !ofService.includes(type)),
        "helm_release",
        "kubernetes_config_map_v1",
      ].sort(),
    );
  });

  it("routes to the pods of the chart: by their port, once /health answers", () => {
    expect(stack("chat").spec("kubernetes_service_v1")).toMatchObject({
      selector: { "app.kubernetes.io/name": "chat-api" },
      port: [{ port: 8002, target_port: "container-port" }],
    });
    const { annotations } = stack("chat").one("kubernetes_ingress_v1")["metadata"] as { annotations: Json };
    expect(annotations["alb.ingress.kubernetes.io/healthcheck-path"]).toBe("/health");
  });

  it("starts the pods after policy, account and ingress", () => {
    const before = JSON.stringify(stack("chat").one("helm_release")["depends_on"]);
    for (const type of ["network_policy_v1", "service_account_v1", "ingress_v1", "config_map_v1"]) {
      expect(before).toContain(`kubernetes_${type}`);
    }
  });

  it("keeps releases in ConfigMaps, because pull requests may read no Secret beside the API keys", () => {
    const [helm] = stack("chat").json.provider["helm"] ?? [];
    expect(helm).toMatchObject({ helm_driver: "configmap" });
    expect(production.stack("carepath-production-chat").json.provider).not.toHaveProperty("helm");
  });

  it("runs the model and image of its configuration", () => {
    const [values] = stack("chat").one("helm_release")["values"] as [string];
    expect(values).toContain('"modelRevision": "989aa7980e4cf806f80c7fef2b1adb7bc71aa306"');
    expect(values).toContain(
      '"tag": "v0.27.1@sha256:c2f3b1b964e47809b722b5e75b61b1e7b39a50f70388cf2bf2418f16a9f31da2"',
    );
  });
});
