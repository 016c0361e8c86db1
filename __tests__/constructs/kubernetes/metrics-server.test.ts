import { MetricsServer, type MetricsServerProps } from "../../../constructs/kubernetes/metrics-server";
import { synthConstructs } from "../../helpers/synth-stack";

function release(props: MetricsServerProps = {}) {
  return synthConstructs((stack) => {
    new MetricsServer(stack, "metrics-server", props);
  }).one("helm_release");
}

function values(props: MetricsServerProps = {}) {
  const [text] = release(props)["values"] as string[];
  return JSON.parse(text ?? "") as {
    replicas: number;
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

it("follows its props", () => {
  expect(values().replicas).toBe(1);
  expect(values({ replicas: 2 }).replicas).toBe(2);
  expect(release({ namespace: "metrics", chartVersion: "3.14.0" })).toMatchObject({
    namespace: "metrics",
    version: "3.14.0",
  });
});
