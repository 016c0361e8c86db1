import { clusterAutoscalerStatements } from "../../../constructs/aws/cluster-autoscaler-policy";
import { ClusterAutoscaler } from "../../../constructs/kubernetes/cluster-autoscaler";
import { synthConstructs, type Json } from "../../helpers/synth-stack";

const release = synthConstructs(
  (stack) =>
    new ClusterAutoscaler(stack, "autoscaler", {
      region: "eu-west-1",
      clusterName: "carepath-x",
      namespace: "kube-system",
      serviceAccountName: "autoscaler",
      terminationGracePeriodSeconds: 640,
    }),
).one("helm_release");
const values = JSON.parse((release["values"] as [string])[0]) as Json;

it("is one version of the chart, which finds the groups of the cluster by their tags", () => {
  expect(release).toMatchObject({ chart: "cluster-autoscaler", version: "9.59.0", namespace: "kube-system" });
  expect(values).toMatchObject({
    cloudProvider: "aws",
    awsRegion: "eu-west-1",
    autoDiscovery: { clusterName: "carepath-x" },
    rbac: { serviceAccount: { create: true, name: "autoscaler" } },
  });
});

it("removes nodes with scratch space on them, and cuts no grace period of a pod", () => {
  expect(values["extraArgs"]).toMatchObject({
    "skip-nodes-with-local-storage": false,
    "max-graceful-termination-sec": 640,
  });
});

it("resizes the groups of its own cluster only", () => {
  const changing = clusterAutoscalerStatements("carepath-x").filter(({ Action }) =>
    Action.some((action) => !/:(Describe|Get)/.test(action)),
  );
  expect(changing).toHaveLength(1);
  expect(changing[0]?.Condition).toEqual({
    StringEquals: { "aws:ResourceTag/k8s.io/cluster-autoscaler/carepath-x": "owned" },
  });
});
