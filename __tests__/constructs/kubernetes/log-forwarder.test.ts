import { LogForwarder, type LogForwarderProps } from "../../../constructs/kubernetes/log-forwarder";
import { synthConstructs, type Json } from "../../helpers/synth-stack";

const PROPS: LogForwarderProps = {
  region: "eu-west-1",
  logGroup: "/aws/eks/carepath-x/pods",
  podNamespace: "carepath",
  namespace: "kube-system",
  serviceAccountName: "forwarder",
};
const synth = (props: Partial<LogForwarderProps> = {}): Json =>
  synthConstructs((stack) => new LogForwarder(stack, "logs", { ...PROPS, ...props })).one("helm_release");
const valuesOf = (found: Json) => JSON.parse((found["values"] as [string])[0]) as Json;
const release = synth();
const values = valuesOf(release);

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

it("runs on tainted nodes only where it is told the taint", () => {
  expect(values).not.toHaveProperty("tolerations");
  expect(valuesOf(synth({ toleratedTaint: "nvidia.com/gpu" }))["tolerations"]).toEqual([
    { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
  ]);
});
