import { MetricsServer } from "../../../constructs/kubernetes/metrics-server";
import { synthConstructs } from "../../helpers/synth-stack";

function release() {
  return synthConstructs((stack) => {
    new MetricsServer(stack, "metrics-server");
  }).one("helm_release");
}

function values() {
  const [text] = release()["values"] as string[];
  return JSON.parse(text ?? "") as {
    defaultArgs: string[];
    resources: { requests: object; limits: object };
  };
}

it("installs one exact version of the chart", () => {
  expect(release()).toMatchObject({
    name: "metrics-server",
    repository: "https://kubernetes-sigs.github.io/metrics-server",
    version: "3.13.1",
    namespace: "kube-system",
    atomic: true,
  });
});

it("asks the kubelets by address, and checks their certificates", () => {
  expect(values().defaultArgs).toContain("--kubelet-preferred-address-types=InternalIP");
  expect(values().defaultArgs.join(" ")).not.toContain("insecure");
});

it("states what it needs, as the capacity plan counts it", () => {
  expect(values().resources).toEqual({
    requests: { cpu: "100m", memory: "200Mi" },
    limits: { memory: "200Mi" },
  });
});
