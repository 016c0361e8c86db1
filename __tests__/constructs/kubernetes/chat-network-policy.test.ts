import { ChatNetworkPolicy, type ChatNetworkPolicyProps } from "../../../constructs/kubernetes/chat-network-policy";
import { SERVICE_PORT } from "../../../service/src/contract";
import { synthConstructs } from "../../helpers/synth-stack";

const OWN = { namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "carepath" } } };

const PROPS: ChatNetworkPolicyProps = {
  name: "chat-api",
  namespace: "carepath",
  allowedNamespaceLabels: [],
  sourceCidrs: [],
  downloadUrls: [],
};

interface PolicySpec {
  readonly policy_types: string[];
  readonly pod_selector: object;
  readonly ingress: { from: object[]; ports: object[] }[];
  readonly egress: { to: object[]; ports: { port: string; protocol: string }[] }[];
}

function policy(props: Partial<ChatNetworkPolicyProps> = {}): PolicySpec {
  return synthConstructs((stack) => {
    new ChatNetworkPolicy(stack, "policy", { ...PROPS, ...props });
  }).spec("kubernetes_network_policy_v1") as unknown as PolicySpec;
}

it("covers the pods of the workload in both directions", () => {
  expect(policy()).toMatchObject({
    policy_types: ["Ingress", "Egress"],
    pod_selector: { match_labels: { "app.kubernetes.io/name": "chat-api" } },
  });
});

it("lets only its own namespace in, and only to the service port", () => {
  expect(policy().ingress).toEqual([{ from: [OWN], ports: [{ port: String(SERVICE_PORT), protocol: "TCP" }] }]);
});

it("lets in the namespaces and the load balancer clients that are named", () => {
  const [rule] = policy({
    allowedNamespaceLabels: [{ team: "triage" }, { team: "ops", stage: "prod" }],
    sourceCidrs: ["203.0.113.0/24"],
  }).ingress;
  expect(rule?.from).toEqual([
    OWN,
    { namespace_selector: { match_labels: { team: "triage" } } },
    { namespace_selector: { match_labels: { team: "ops", stage: "prod" } } },
    { ip_block: { cidr: "203.0.113.0/24" } },
  ]);
});

it("lets in who reads the metrics: a namespace, or the pods in it that have the labels", () => {
  const peer = { namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "tools" } } };
  const readers = [{ namespace: "tools" }, { namespace: "tools", podLabels: { app: "operator" } }];
  expect(policy({ metricsReaders: readers }).ingress[0]?.from).toEqual([
    OWN,
    peer,
    { ...peer, pod_selector: { match_labels: { app: "operator" } } },
  ]);
});

it("lets no pod in as a client of the load balancer, whatever block its clients have", () => {
  const blocks = (cidr: string) =>
    policy({ sourceCidrs: [cidr], podCidrs: ["10.20.0.0/16"] }).ingress[0]?.from.slice(1);
  expect(blocks("0.0.0.0/0")).toEqual([{ ip_block: { cidr: "0.0.0.0/0", except: ["10.20.0.0/16"] } }]);
  expect(blocks("10.20.0.0/15")).toEqual([{ ip_block: { cidr: "10.20.0.0/15", except: ["10.20.0.0/16"] } }]);
  expect(blocks("10.21.0.0/16")).toEqual([{ ip_block: { cidr: "10.21.0.0/16" } }]);
  expect(
    policy({
      sourceCidrs: ["10.0.0.0/8"],
      podCidrs: ["10.1.0.0/24", "10.2.0.0/24", "192.168.0.0/24"],
    }).ingress[0]?.from.at(-1),
  ).toEqual({ ip_block: { cidr: "10.0.0.0/8", except: ["10.1.0.0/24", "10.2.0.0/24"] } });
  // The subnets of a load balancer are a part of the VPC, and are meant.
  expect(blocks("10.20.192.0/22")).toEqual([{ ip_block: { cidr: "10.20.192.0/22" } }]);
});

it("lets out DNS to the cluster's own servers, by UDP and TCP", () => {
  expect(policy().egress[0]).toEqual({
    to: [
      {
        namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "kube-system" } },
        pod_selector: { match_labels: { "k8s-app": "kube-dns" } },
      },
    ],
    ports: [
      { port: "53", protocol: "UDP" },
      { port: "53", protocol: "TCP" },
    ],
  });
});

it("lets out HTTPS, but never to the instance metadata service or the pod identity agent", () => {
  expect(policy().egress[1]).toEqual({
    to: [{ ip_block: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } }],
    ports: [{ port: "443", protocol: "TCP" }],
  });
  expect(policy().egress).toHaveLength(2);
});

it.each([
  [[], ["443"]],
  [["https://hub.example/a"], ["443"]],
  [["https://mirror.example:8443/hub"], ["443", "8443"]],
  [["http://mirror.example/a"], ["80", "443"]],
  [
    ["http://mirror.example:9000/a", "https://hub.example:9000"],
    ["443", "9000"],
  ],
])("opens the ports of %p as well", (downloadUrls, ports) => {
  expect(policy({ downloadUrls }).egress[1]?.ports).toEqual(ports.map((port) => ({ port, protocol: "TCP" })));
});
