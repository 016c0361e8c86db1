import { nameAssignments } from "../../../commands/status/names";
import { readConfig } from "../../../config/load";
import { synthEnvironment } from "../../helpers/synth-app";

const names = (environment: string) => nameAssignments(readConfig({ CAREPATH_ENV: environment }));

it("names what the environments synthesize", () => {
  expect(names("demo")).toEqual([
    "export NAMESPACE=carepath-demo",
    "export APP=chat-api",
    "export WORKLOAD=deployment/chat-api",
    "export CLAIM=chat-api-model-cache",
    "export CHAT_STACK=carepath-demo-chat",
    "export CLUSTER=carepath-demo",
    "export REGION=us-east-1",
  ]);
  expect(names("production")).toEqual([
    "export NAMESPACE=carepath",
    "export APP=chat-api",
    "export WORKLOAD=statefulset/chat-api",
    "export CLAIM=model-cache-chat-api-0",
    "export CHAT_STACK=carepath-production-chat",
    "export CLUSTER=carepath-production",
    "export REGION=us-east-1",
  ]);
});

it("names the Deployment of the engine that runs on GPUs, which has no claim", () => {
  expect(names("scale")).toEqual([
    "export NAMESPACE=carepath",
    "export APP=chat-api",
    "export WORKLOAD=deployment/vllm-chat-api-deployment-vllm",
    "export CHAT_STACK=carepath-scale-chat",
    "export CLUSTER=carepath-scale",
    "export REGION=us-east-1",
  ]);
});

it.each([
  ["demo", { kubernetes_deployment_v1: "chat-api", kubernetes_persistent_volume_claim_v1: "chat-api-model-cache" }],
  ["production", { kubernetes_stateful_set_v1: "chat-api" }],
])("they are in the chat stack of %s", (environment, resources) => {
  const stack = synthEnvironment(environment).stack(`carepath-${environment}-chat`);
  for (const [type, name] of Object.entries(resources)) {
    expect(JSON.stringify(stack.one(type))).toContain(`"name":"${name}"`);
  }
  expect(JSON.stringify(stack)).toContain('"name":"model-cache"');
});
