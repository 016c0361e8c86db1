import { readWorkload } from "../../rehearsal/workload";
import { CONTAINER, stackJson, type StackChanges } from "./stack-json";

const read = (changes?: StackChanges) => readWorkload(stackJson(changes), "carepath-demo-chat");

it("reads the container, its probes, env, mounts and grace period from the JSON", () => {
  const workload = read();
  expect(workload).toMatchObject({
    kind: "Deployment",
    name: "chat-api",
    namespace: "carepath-demo",
    command: ["node", "dist/main.js"],
    port: 8002,
  });
  expect(workload.env.MODEL_CACHE_DIR).toBe("/var/cache/carepath/models");
  expect(workload.pod.terminationGracePeriodSeconds).toBe(135);
  expect(workload.pod.probes.startup).toEqual({
    path: "/ready",
    headers: {},
    initialDelaySeconds: 0,
    periodSeconds: 5,
    timeoutSeconds: 3,
    successThreshold: 1,
    failureThreshold: 120,
  });
  expect(workload.pod.probes.liveness?.path).toBe("/health");
  expect(workload.mounts).toEqual([
    { name: "model-cache", mountPath: "/var/cache/carepath/models", readOnly: false, source: "cache", secretFiles: [] },
    { name: "tmp", mountPath: "/tmp", readOnly: false, source: "scratch", secretFiles: [] },
    { name: "api-keys", mountPath: "/etc/carepath/api-keys", readOnly: true, source: "secret", secretFiles: ["keys"] },
  ]);
});

it("reads a StatefulSet, whose cache is a claim template", () => {
  const workload = read({ kind: "kubernetes_stateful_set_v1" });
  expect(workload.kind).toBe("StatefulSet");
  expect(workload.mounts[0]?.source).toBe("cache");
});

it("blocks may be lists of one or plain objects, and numbers may be strings", () => {
  const probe = { http_get: [{ path: "/ready", port: "8002" }], period_seconds: "7" };
  const workload = read({ container: { startup_probe: [probe] }, pod: { termination_grace_period_seconds: "40" } });
  expect(workload.pod.probes.startup?.periodSeconds).toBe(7);
  expect(workload.pod.terminationGracePeriodSeconds).toBe(40);
});

it("without a grace period it is Kubernetes' 30 s", () => {
  expect(read({ pod: { termination_grace_period_seconds: undefined } }).pod.terminationGracePeriodSeconds).toBe(30);
});

it.each([
  [{ pre_stop: { sleep: { seconds: 5 } } }, 5],
  [{ pre_stop: [{ exec: [{ command: ["sleep", "7"] }] }] }, 7],
])("a preStop hook that sleeps is kept: %j", (lifecycle, seconds) => {
  expect(read({ container: { lifecycle } }).pod.preStopSeconds).toBe(seconds);
});

it.each<[string, StackChanges, string]>([
  [
    "a preStop hook that does something else",
    { container: { lifecycle: { pre_stop: { exec: { command: ["sh", "-c", "x"] } } } } },
    "carepath-demo-chat: the preStop hook is not a sleep. A rehearsal cannot run other hooks.",
  ],
  [
    "two containers",
    { pod: { container: [CONTAINER, CONTAINER] } },
    "carepath-demo-chat: the pod of chat-api has 2 containers. A rehearsal runs exactly one.",
  ],
  [
    "no command",
    { container: { command: [] } },
    "carepath-demo-chat: container chat has no command. A rehearsal does not read images: write the command into the pod.",
  ],
  [
    "a value that only Terraform knows",
    { container: { env: [{ name: "MODEL_URL", value: "${data.x.y}" }, { name: "TOKEN" }] } },
    "carepath-demo-chat: the value of MODEL_URL, TOKEN is only known to Terraform. A rehearsal needs plain values in " +
      "the container's env; mount a secret as a file instead.",
  ],
  [
    "an unknown port name",
    { container: { startup_probe: { http_get: { path: "/", port: "web" } } } },
    'carepath-demo-chat: the startup probe asks port "web", and the container has http. Name one of them.',
  ],
  [
    "a probe that is not HTTP",
    { container: { liveness_probe: { tcp_socket: { port: 8002 } } } },
    "carepath-demo-chat: the liveness probe is not an HTTP GET. A rehearsal knows only those.",
  ],
  [
    "a bad number",
    { container: { liveness_probe: { http_get: { path: "/", port: "http" }, period_seconds: 0 } } },
    "carepath-demo-chat: liveness probe: periodSeconds is 0. It must be a whole number of at least 1.",
  ],
])("refuses %s", (_what, changes, message) => {
  expect(() => read(changes)).toThrow(message);
});

it("refuses a stack without a chat workload, and one with two", () => {
  const rule = "A rehearsal needs exactly one: choose an environment with a chat stack by --env or CAREPATH_ENV.";
  const kinds = "(kubernetes_deployment_v1 or kubernetes_stateful_set_v1)";
  expect(() => readWorkload({ resource: {} }, "carepath-demo-chat")).toThrow(
    `carepath-demo-chat has no chat workloads ${kinds}. ${rule}`,
  );
  const one = stackJson() as { resource: object };
  const two = {
    resource: {
      ...one.resource,
      ...(stackJson({ kind: "kubernetes_stateful_set_v1" }) as { resource: object }).resource,
    },
  };
  expect(() => readWorkload(two, "s")).toThrow(`s has 2 chat workloads ${kinds}. ${rule}`);
});
