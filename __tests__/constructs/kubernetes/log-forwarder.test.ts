import { LogForwarder } from "../../../constructs/kubernetes/log-forwarder";
import { synthConstructs, type Json } from "../../helpers/synth-stack";

const release = synthConstructs(
  (stack) =>
    new LogForwarder(stack, "logs", {
      region: "eu-west-1",
      logGroup: "/aws/eks/carepath-x/pods",
      podNamespace: "carepath",
      namespace: "kube-system",
      serviceAccountName: "forwarder",
    }),
).one("helm_release");
const values = JSON.parse((release["values"] as [string])[0]) as Json;

it("is one version of the chart, under the account that has its IAM role", () => {
  expect(release).toMatchObject({ chart: "aws-for-fluent-bit", version: "0.2.0", namespace: "kube-system" });
  expect(values["serviceAccount"]).toEqual({ create: true, name: "forwarder" });
});

it("reads the lines of the chat's namespace alone, and sends each once and as it was written", () => {
  expect(values["input"]).toMatchObject({ path: "/var/log/containers/*_carepath_*.log" });
  expect(values["filter"]).toMatchObject({ mergeLog: "Off" });
  expect(values["cloudWatchLogs"]).toMatchObject({ logKey: "log" });
});

it("writes into the group that exists with its retention, and makes none", () => {
  expect(values["cloudWatchLogs"]).toMatchObject({
    region: "eu-west-1",
    logGroupName: "/aws/eks/carepath-x/pods",
    autoCreateGroup: false,
  });
});
