import { drainReplicas } from "../../../commands/destroy/drain-replicas";
import { FakeKubectl } from "../../helpers/fake-kubectl";
import { existingClusterConfig } from "../../helpers/sample-config";

async function drain(chat: Parameters<typeof existingClusterConfig>[0], fails: Readonly<Record<string, string>> = {}) {
  const kubectl = new FakeKubectl({ objects: {}, fails });
  const said: string[] = [];
  try {
    await drainReplicas(existingClusterConfig(chat), (line) => said.push(line), kubectl.env());
    return { said, calls: kubectl.calls.map((call) => call.replace(/^kubectl .*--namespace \S+ /, "")) };
  } finally {
    kubectl.remove();
  }
}

const PER_REPLICA = { cache: { mode: "per-replica" }, replicas: 2, timing: { terminationGraceSeconds: 300 } } as const;

it("scales the replicas to none, and waits as long as they may drain", async () => {
  const { said, calls } = await drain(PER_REPLICA);
  expect(said).toEqual(["Waiting for the last answers of the replicas, at most 360 s"]);
  expect(calls).toEqual([
    "scale statefulset/chat-api --replicas=0",
    "wait --for=delete pod --selector app.kubernetes.io/name=chat-api --timeout=360s",
  ]);
});

it("is content where no pod is left", async () => {
  const { said } = await drain(PER_REPLICA, { wait: "error: no matching resources found" });
  expect(said).toHaveLength(1);
});

it("leaves a Deployment to Terraform, which waits for it", async () => {
  expect(await drain({})).toEqual({ said: [], calls: [] });
});

it("does not stop a destroy where the cluster cannot be asked", async () => {
  const { said, calls } = await drain(PER_REPLICA, { scale: "The connection was refused" });
  expect(calls).toHaveLength(1);
  expect(said[1]).toMatch(/^The replicas may still drain while the rest is deleted: kubectl failed: .*refused/);
});

it("leaves the pods of another engine to Helm, which waits for them", async () => {
  const engine = { type: "vllm", instanceType: "g6.xlarge" } as const;
  expect(await drain({ ...PER_REPLICA, engine })).toEqual({ said: [], calls: [] });
});
