import { callers } from "../../../constructs/kubernetes/callers";
import { type Exposure } from "../../../constructs/kubernetes/chat-service";
import { INTERNAL_LOAD_BALANCER } from "../../helpers/exposures";

const MONITORING = { prometheus: true, namespace: "monitoring" };
const PODS = ["10.20.0.0/16", "10.40.0.0/24"];
const HTTPS: Exposure = {
  type: "https",
  host: "chat.example.com",
  certificateArn: "arn:aws:acm:eu-central-1:1:certificate/a",
  scheme: "internal",
  sourceCidrs: ["192.168.0.0/16"],
  subnets: ["subnet-1"],
  subnetCidrs: ["10.20.192.0/22"],
};
it("lets no one in from outside of the cluster without a load balancer", () => {
  expect(callers({ exposure: { type: "cluster-ip" }, podCidrs: PODS })).toEqual({
    sourceCidrs: [],
    metricsReaders: [],
    metricsCidrs: undefined,
  });
});

it("lets the subnets of a load balancer in that ends the connection, and the clients of one that does not", () => {
  expect(callers({ exposure: HTTPS, podCidrs: PODS })).toMatchObject({
    sourceCidrs: ["10.20.192.0/22"],
    metricsCidrs: undefined,
  });
  expect(callers({ exposure: INTERNAL_LOAD_BALANCER, podCidrs: PODS })).toMatchObject({
    sourceCidrs: ["192.168.0.0/16"],
    metricsCidrs: PODS,
  });
});

it("lets Prometheus and the autoscaler read the metrics where there are any", () => {
  const { metricsReaders } = callers({ exposure: { type: "cluster-ip" }, monitoring: MONITORING, maxReplicas: 2 });
  expect(metricsReaders).toEqual([
    { namespace: "monitoring" },
    { namespace: "kube-system", podLabels: { app: "keda-operator" } },
  ]);
  expect(callers({ exposure: HTTPS, monitoring: { ...MONITORING, prometheus: false } }).metricsReaders).toEqual([]);
});

it("leaves the metrics to the pod alone behind a load balancer of pods with unknown addresses, unless they are read", () => {
  expect(callers({ exposure: INTERNAL_LOAD_BALANCER }).metricsCidrs).toEqual(["127.0.0.0/8"]);
  expect(callers({ exposure: INTERNAL_LOAD_BALANCER, monitoring: MONITORING }).metricsCidrs).toBeUndefined();
  expect(callers({ exposure: INTERNAL_LOAD_BALANCER, maxReplicas: 2 }).metricsCidrs).toBeUndefined();
});
