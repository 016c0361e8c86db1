import { FakeKubectl, type FakeCluster } from "../../helpers/fake-kubectl";
import { runCommand } from "../../helpers/run-command";

const DIGEST = `sha256:${"ab".repeat(32)}`;
const LOADING = JSON.stringify({
  status: "loading",
  phase: "downloading",
  progress: 0.425,
  elapsed_seconds: 95.2,
  attempt: 2,
  error: "the source answered 503.",
  downloaded_bytes: 884_071_762,
  total_bytes: 2_104_932_768,
});
const METRICS = [
  "# TYPE carepath_queue_depth gauge",
  "carepath_queue_depth 3",
  "carepath_slots_busy 2",
  "carepath_slots 2",
  'carepath_inter_token_seconds_bucket{le="0.1"} 90',
  "carepath_inter_token_seconds_sum 10",
  "carepath_inter_token_seconds_count 174",
].join("\n");

const pod = (change: object = {}) => ({
  metadata: { name: "chat-api-0", creationTimestamp: new Date(Date.now() - 3 * 3_600_000).toISOString() },
  spec: {
    nodeName: "node-1",
    containers: [
      {
        name: "chat",
        image: "registry.example/chat:1.4.0",
        env: [{ name: "MODEL_ID", value: "qwen2.5-1.5b-instruct" }],
      },
    ],
  },
  status: {
    phase: "Running",
    containerStatuses: [
      {
        name: "chat",
        ready: false,
        restartCount: 2,
        imageID: `registry.example/chat@${DIGEST}`,
        state: { running: {} },
        lastState: {
          terminated: {
            reason: "OOMKilled",
            exitCode: 137,
            message: "",
            finishedAt: new Date(Date.now() - 600_000).toISOString(),
          },
        },
      },
    ],
  },
  ...change,
});
const endpoints = { items: [{ endpoints: [{ conditions: { ready: true } }, { conditions: { ready: false } }] }] };

async function status(cluster: FakeCluster, env: Record<string, string> = {}) {
  const kubectl = new FakeKubectl(cluster);
  try {
    return { ...(await runCommand("status", [], kubectl.env(env))), calls: kubectl.calls };
  } finally {
    kubectl.remove();
  }
}

it("shows phase and progress, restarts with their reason, queue, speed, model and image of each pod", async () => {
  const { code, stdout } = await status({
    objects: { pods: { items: [pod()] }, endpointslices: endpoints },
    pages: { "/ready": LOADING, "/metrics": METRICS },
  });
  expect(stdout.split("\n")).toEqual([
    "Environment demo: Deployment chat-api in namespace carepath-demo",
    "0 of 1 pods ready; 1 of 2 endpoints take requests",
    "Reached by npm run open",
    "",
    "chat-api-0: not ready, 3 h old",
    "  phase     downloading 42 % (884 of 2105 MB), 95 s since the start; try 2: the source answered 503.",
    "  restarts  2, the last: OOMKilled, exit code 137, 10 min ago",
    "  queue     2 of 2 slots busy, 3 waiting",
    "  speed     17.4 tokens a second, mean of all answers since the start",
    "  model     qwen2.5-1.5b-instruct",
    "  image     registry.example/chat:1.4.0",
    `  digest    ${DIGEST}`,
    "  node      node-1",
    "",
  ]);
  expect(code).toBe(1);
});

it("asks the cluster of the environment, and leaves the context of the person as it is", async () => {
  const { calls } = await status({ objects: { pods: { items: [] } } });
  expect(calls[0]).toMatch(
    /^aws eks update-kubeconfig --name carepath-demo --region us-east-1 --kubeconfig \S+carepath-kubeconfig-\S+$/,
  );
  expect(calls[1]).toMatch(/^kubectl --kubeconfig \S+carepath-kubeconfig-\S+ --namespace carepath-demo .* get pods /);
});

it("knows the StatefulSet, the namespace and the load balancer of production, without its bucket and its image", async () => {
  const { code, stdout } = await status(
    {
      objects: {
        pods: {
          items: [pod({ status: { ...pod().status, phase: "Pending", containerStatuses: [], conditions: [UNFIT] } })],
        },
        endpointslices: { items: [{ endpoints: null }] },
        service: { status: { loadBalancer: { ingress: [{ hostname: "nlb.example" }] } } },
      },
    },
    { CAREPATH_ENV: "production" },
  );
  expect(stdout).toContain("Environment production: StatefulSet chat-api in namespace carepath\n");
  expect(stdout).toContain("Reached at nlb.example\n");
  expect(stdout).toContain("  phase  Unschedulable: 0/2 nodes are available: 2 Insufficient cpu.\n");
  expect(code).toBe(1);
});

const UNFIT = {
  type: "PodScheduled",
  status: "False",
  reason: "Unschedulable",
  message: "0/2 nodes are available: 2 Insufficient cpu.",
};

it("uses the context of an existing cluster, and is content when a pod is ready", async () => {
  const [container] = pod().status.containerStatuses;
  const ready = pod({
    status: { phase: "Running", containerStatuses: [{ ...container, ready: true, restartCount: 0, lastState: {} }] },
  });
  const { code, stdout, calls } = await status(
    { objects: { pods: { items: [ready] }, endpointslices: endpoints } },
    { CAREPATH_ENV: "local" },
  );
  expect(calls[0]).toContain("--context kind-carepath ");
  expect(stdout).toContain(
    "chat-api-0: ready, 3 h old\n  phase     Running: the service does not answer\n  restarts  none\n",
  );
  expect(code).toBe(0);
});

it("says where there are no metrics", async () => {
  const { stdout } = await status({
    objects: { pods: { items: [pod()] }, endpointslices: endpoints },
    pages: { "/ready": LOADING },
  });
  expect(stdout).toContain("  queue     not shown: /metrics did not answer\n  model ");
});

it("says that nothing is deployed, and that a cluster does not answer", async () => {
  expect((await status({ objects: { pods: { items: [] } } })).stdout).toContain(
    "There is no pod. The chat stack is not deployed (npm run deploy), or its nodes are gone.",
  );
  const { code, stderr } = await status({ objects: {} });
  expect(stderr).toBe(
    "kubectl failed: Unable to connect to the server: i/o timeout. Check that the cluster can be reached from this machine: npm run doctor.\n",
  );
  expect(code).toBe(2);
});
