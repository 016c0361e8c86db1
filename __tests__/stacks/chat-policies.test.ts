/**
 * The policies of checkov that concern Kubernetes, by their ids, over every container of every environment, and of
 * variants of the chat stack that no environment has. They are checked on what synth writes, so they hold whatever the constructs look like.
 * @see https://www.checkov.io/5.Policy%20Index/kubernetes.html
 */
import { CHAT_VARIANTS, SERVICE_ENVIRONMENTS, synthAllChats } from "../helpers/chat-variants";
import {
  type ContainerJson,
  type Json,
  type PodJson,
  type ProbeJson,
  type SynthesizedStack,
} from "../helpers/synth-stack";

const WORKLOADS = ["kubernetes_deployment_v1", "kubernetes_stateful_set_v1"];
const stacks = synthAllChats();

const containers = stacks.flatMap(({ name, stack }) => stack.containers().map((container) => ({ name, container })));
const pods = stacks.flatMap(({ name, stack }) => stack.pods().map((pod) => ({ name, pod })));

/** Variants whose containers break a rule; named in the failure. */
const breaking = (rule: (container: ContainerJson) => boolean): string[] =>
  containers.filter(({ container }) => !rule(container)).map(({ name, container }) => `${name}: ${container.name}`);
const breakingPods = (rule: (pod: PodJson) => boolean): string[] =>
  pods.filter(({ pod }) => !rule(pod)).map(({ name }) => name);
const breakingStacks = (rule: (stack: SynthesizedStack) => boolean): string[] =>
  stacks.filter(({ stack }) => !rule(stack)).map(({ name }) => name);

it("looks at a container of every variant and of every environment", () => {
  const environments = SERVICE_ENVIRONMENTS.map((name) => `environment ${name}`);
  expect(containers.map(({ name }) => name)).toEqual([...Object.keys(CHAT_VARIANTS), ...environments]);
  expect(environments).toEqual(
    expect.arrayContaining(["environment demo", "environment production", "environment local"]),
  );
  expect(pods).toHaveLength(containers.length);
});

const POLICIES: [string, string, (container: ContainerJson) => boolean][] = [
  ["CKV_K8S_8", "liveness probe", ({ liveness_probe }) => liveness_probe !== undefined],
  ["CKV_K8S_9", "readiness probe", ({ readiness_probe }) => readiness_probe !== undefined],
  ["CKV_K8S_10", "cpu request", ({ resources }) => /^[1-9]\d*$/.test(resources?.requests?.["cpu"] ?? "")],
  ["CKV_K8S_11", "cpu limit equal to its request", ({ resources }) => same(resources, "cpu")],
  ["CKV_K8S_12", "memory request", ({ resources }) => /^[1-9]\d*Mi$/.test(resources?.requests?.["memory"] ?? "")],
  ["CKV_K8S_13", "memory limit equal to its request", ({ resources }) => same(resources, "memory")],
  [
    "CKV_K8S_14",
    "a tag or digest that is not latest",
    ({ image }) => /[:@][^/]+$/.test(image) && !/:latest$/.test(image),
  ],
  ["CKV_K8S_16", "not privileged", ({ security_context }) => security_context?.privileged === false],
  ["CKV_K8S_20", "no escalation", ({ security_context }) => security_context?.allow_privilege_escalation === false],
  ["CKV_K8S_22", "read-only root", ({ security_context }) => security_context?.read_only_root_filesystem === true],
  ["CKV_K8S_25", "no capability added", ({ security_context }) => security_context?.capabilities?.add === undefined],
  ["CKV_K8S_26", "no host port", ({ port }) => port.every(({ host_port }) => host_port === undefined)],
  [
    "CKV_K8S_28",
    "NET_RAW dropped",
    (container) => dropped(container).some((name) => ["ALL", "NET_RAW"].includes(name)),
  ],
  ["CKV_K8S_30", "a security context", ({ security_context }) => security_context?.run_as_non_root === true],
  [
    "CKV_K8S_35",
    "secrets as files",
    ({ env, env_from }) => env_from === undefined && env.every((each) => !each.value_from),
  ],
  ["CKV_K8S_37", "all capabilities dropped", (container) => dropped(container).includes("ALL")],
];

it.each(POLICIES)("%s: every container has: %s", (_id, _what, rule) => {
  expect(breaking(rule)).toEqual([]);
});

it("CKV_K8S_15: a tag is pulled always, unless its image was loaded into the nodes; a digest is what it is", () => {
  // An image without a registry in its name is in no registry: `Always` would make its pod fail.
  const kept = stacks.filter(({ config: { target, chat } }) => {
    return (
      chat.image.digest !== undefined || (target === "existing-cluster" && chat.image.repository === "carepath-chat")
    );
  });
  expect(breaking(({ image_pull_policy }) => image_pull_policy === "Always")).toEqual(
    kept.map(({ name }) => `${name}: chat`),
  );
  expect(kept.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["existing cluster with a loaded image", "environment local", "environment production"]),
  );
  for (const { stack } of kept) expect(stack.chat().container.image_pull_policy).toBe("IfNotPresent");
});

it("CKV_K8S_21: nothing is in the default namespace", () => {
  for (const { stack, config } of stacks) {
    expect(config.chat.namespace).not.toBe("default");
    const ofKubernetes = Object.entries(stack.json.resource).filter(([type]) => type.startsWith("kubernetes_"));
    for (const [type, resources] of ofKubernetes) {
      for (const resource of Object.values(resources)) {
        // A custom resource stands in its `manifest`.
        const { metadata } = { ...resource, ...(resource["manifest"] as Json | undefined) } as Json;
        const { namespace } = metadata as { namespace?: string };
        expect([type, namespace]).toEqual([
          type,
          type === "kubernetes_namespace_v1" ? undefined : config.chat.namespace,
        ]);
      }
    }
  }
});

it("CKV_K8S_27: no pod mounts the socket of the container runtime, or anything else of its node", () => {
  expect(breakingPods(({ volume = [] }) => volume.every((each) => !("host_path" in each)))).toEqual([]);
});

it("CKV_K8S_29: every pod runs as a user of its own under the runtime's seccomp profile", () => {
  expect(
    breakingPods(({ security_context }) => {
      const { run_as_non_root, run_as_user, run_as_group, fs_group, seccomp_profile } = security_context ?? {};
      return (
        run_as_non_root === true &&
        [run_as_user, run_as_group, fs_group].every((id) => Number(id) >= 10_000) &&
        (seccomp_profile as { type?: string } | undefined)?.type === "RuntimeDefault"
      );
    }),
  ).toEqual([]);
});

it("CKV_K8S_17, 18, 19: no pod shares the processes, memory or network of its node", () => {
  expect(breakingPods((pod) => !pod.host_pid && !pod.host_ipc && !pod.host_network)).toEqual([]);
});

it("CKV_K8S_38: no pod gets a token for the API server, or the addresses of its neighbours", () => {
  expect(
    breakingPods((pod) => pod.automount_service_account_token === false && pod.enable_service_links === false),
  ).toEqual([]);
  expect(
    breakingStacks((stack) => stack.one("kubernetes_service_account_v1")["automount_service_account_token"] === false),
  ).toEqual([]);
});

it("CKV_K8S_43: an image is named by its digest wherever the configuration has one", () => {
  // Without a digest it is a tag of a repository whose tags are immutable.
  const byTag = breaking(({ image }) => /@sha256:[0-9a-f]{64}$/.test(image));
  const withoutDigest = stacks.filter(({ config }) => config.chat.image.digest === undefined);
  expect(byTag).toEqual(withoutDigest.map(({ name }) => `${name}: chat`));
  expect(byTag.length).toBeLessThan(containers.length);
});

it("has a startup probe in every container, on the named port like the other two", () => {
  expect(
    breaking(({ startup_probe, liveness_probe, readiness_probe, port }) =>
      [startup_probe, liveness_probe, readiness_probe].every((probe) => onNamedPort(probe, port)),
    ),
  ).toEqual([]);
});

it("has no disruption budget that can block a drain", () => {
  const budgets = stacks.flatMap(({ stack }) => stack.resources("kubernetes_pod_disruption_budget_v1"));
  expect(budgets).toHaveLength(2);
  for (const { spec } of budgets as { spec: { max_unavailable?: string; min_available?: string } }[]) {
    expect(spec.min_available).toBeUndefined();
    expect(Number(spec.max_unavailable)).toBeGreaterThanOrEqual(1);
  }
});

it("has no disruption budget over a single replica", () => {
  for (const { stack } of stacks) {
    const replicas = WORKLOADS.flatMap((type) => stack.resources(type)).map(
      ({ spec }) => (spec as { replicas: string }).replicas,
    );
    const budgets = stack.resources("kubernetes_pod_disruption_budget_v1");
    expect([replicas, budgets.length]).toEqual([replicas, Number(replicas[0]) > 1 ? 1 : 0]);
  }
});

function same({ requests, limits }: ContainerJson["resources"] & object = {}, resource: string): boolean {
  return limits?.[resource] !== undefined && limits[resource] === requests?.[resource];
}

function dropped({ security_context }: ContainerJson): readonly string[] {
  return security_context?.capabilities?.drop ?? [];
}

function onNamedPort(probe: ProbeJson | undefined, ports: ContainerJson["port"]): boolean {
  return probe !== undefined && ports.some(({ name }) => name === probe.http_get.port);
}
