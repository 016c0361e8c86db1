import { ChatDeployment, type ChatDeploymentProps } from "../../../constructs/kubernetes/chat-deployment";
import { SAMPLE_POD } from "../../helpers/sample-config";
import { synthConstructs } from "../../helpers/synth-stack";

const PROPS: ChatDeploymentProps = {
  ...SAMPLE_POD,
  namespace: "carepath",
  cacheClaimName: "the-cache",
  progressDeadlineSeconds: 1501,
  terraformTimeoutSeconds: 1801,
};

function deployment(props: Partial<ChatDeploymentProps> = {}) {
  return synthConstructs((stack) => {
    new ChatDeployment(stack, "deployment", { ...PROPS, ...props });
  }).one("kubernetes_deployment_v1");
}

it("runs one pod and stops the old one before it starts the new one", () => {
  expect(deployment()["spec"]).toMatchObject({ replicas: "1", strategy: { type: "Recreate" } });
});

it("gives up in the order Kubernetes, Terraform", () => {
  expect(deployment()).toMatchObject({
    spec: { progress_deadline_seconds: 1501, min_ready_seconds: 5, revision_history_limit: 3 },
    wait_for_rollout: true,
    timeouts: { create: "1801s", update: "1801s" },
  });
});

it("lets a pod use its whole grace period when it is deleted", () => {
  expect(deployment()).toMatchObject({ timeouts: { delete: "251s" } });
});

it("selects exactly the pods that it labels", () => {
  const { spec } = deployment() as {
    spec: {
      selector: { match_labels: Record<string, string> };
      template: { metadata: { labels: Record<string, string> } };
    };
  };
  expect(spec.selector.match_labels).toEqual({ "app.kubernetes.io/name": "chat-api" });
  expect(spec.template.metadata.labels).toMatchObject(spec.selector.match_labels);
});

it.each<[Partial<ChatDeploymentProps>, object]>([
  [{ name: "other" }, { metadata: { name: "other", labels: { "app.kubernetes.io/name": "other" } } }],
  [{ namespace: "elsewhere" }, { metadata: { namespace: "elsewhere" } }],
  [{ progressDeadlineSeconds: 99 }, { spec: { progress_deadline_seconds: 99 } }],
  [{ terraformTimeoutSeconds: 88 }, { timeouts: { create: "88s", update: "88s" } }],
  [{ terminationGracePeriodSeconds: 77 }, { timeouts: { delete: "197s" } }],
])("follows %p", (props, expected) => {
  expect(deployment(props)).toMatchObject(expected);
  expect(deployment()).not.toMatchObject(expected);
});
