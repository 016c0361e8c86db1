import { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { Construct } from "constructs";

import { contains, parseCidr } from "../../planning/cidr";
import { SERVICE_PORT } from "../../service/src/contract";
import { selectorLabels, workloadLabels } from "./workload-labels";

export interface MetricsReader {
  readonly namespace: string;
  /** @default all of its pods */
  readonly podLabels?: Readonly<Record<string, string>>;
}

export interface ChatNetworkPolicyProps {
  readonly name: string;
  readonly namespace: string;
  /** Labels of further namespaces whose pods may call the service; each entry is one set that must match. */
  readonly allowedNamespaceLabels: readonly Readonly<Record<string, string>>[];
  /** Blocks that may call the service from outside of the cluster: a load balancer, or the clients behind one. */
  readonly sourceCidrs: readonly string[];
  /** Addresses of pods, which no wider block of `sourceCidrs` admits. @default none */
  readonly podCidrs?: readonly string[] | undefined;
  /** Pods of other namespaces that read the metrics, by the name of the namespace and their labels. @default none */
  readonly metricsReaders?: readonly MetricsReader[];
  /** URLs that the service downloads from; their ports are opened besides 443. */
  readonly downloadUrls: readonly string[];
}

/** The model hub and its CDN. */
const HTTPS_PORT = 443;

/** Instance metadata and the credentials of Pod Identity: a chat server has no business with either. */
const LINK_LOCAL = "169.254.0.0/16";

/**
 * What may talk to the pods and what they may talk to.
 *
 * In: the service port, from the own namespace, from the namespaces that are named, and from a load balancer: from its
 * subnets where it ends the connection, from its clients where it passes their packets on. The kubelet's probes are not affected: traffic from the pod's own node is always allowed. Out: the cluster's
 * DNS, and downloads; never the link-local range. On EKS the VPC CNI enforces it only with `enableNetworkPolicy`, which
 * the cluster stack sets; in its standard mode a new pod talks freely for the moments until its node has the rules (strict
 * mode would need a policy for every system pod too). With NodeLocal DNSCache, DNS goes to an address of the node and this policy would cut it off.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 * @see https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy-configure.html
 */
export class ChatNetworkPolicy extends Construct {
  readonly policy: NetworkPolicyV1;

  constructor(scope: Construct, id: string, props: ChatNetworkPolicyProps) {
    const { name, namespace, allowedNamespaceLabels, sourceCidrs, downloadUrls } = props;
    super(scope, id);
    this.policy = new NetworkPolicyV1(this, "policy", {
      metadata: { name, namespace, labels: workloadLabels(name) },
      spec: {
        podSelector: { matchLabels: selectorLabels(name) },
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          {
            from: [
              namespacePeer(namespaceLabel(namespace)),
              ...allowedNamespaceLabels.map(namespacePeer),
              ...(props.metricsReaders ?? []).map(metricsPeer),
              ...sourceCidrs.map((cidr) => ({ ipBlock: ipBlock(cidr, props.podCidrs) })),
            ],
            ports: [tcp(SERVICE_PORT)],
          },
        ],
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: namespaceLabel("kube-system") },
                podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
              },
            ],
            ports: [{ port: "53", protocol: "UDP" }, tcp(53)],
          },
          {
            to: [{ ipBlock: { cidr: "0.0.0.0/0", except: [LINK_LOCAL] } }],
            ports: downloadPorts(downloadUrls).map(tcp),
          },
        ],
      },
    });
  }
}

/** 443 and the ports of the URLs, in ascending order. */
function downloadPorts(urls: readonly string[]): number[] {
  const ports = urls.map((text) => {
    const url = new URL(text);
    if (url.port !== "") return Number(url.port);
    return url.protocol === "http:" ? 80 : HTTPS_PORT;
  });
  return [...new Set([HTTPS_PORT, ...ports])].sort((a, b) => a - b);
}

/** Kubernetes puts this label on every namespace. */
function namespaceLabel(name: string): Record<string, string> {
  return { "kubernetes.io/metadata.name": name };
}

function namespacePeer(labels: Readonly<Record<string, string>>) {
  return { namespaceSelector: { matchLabels: { ...labels } } };
}

function metricsPeer({ namespace, podLabels }: MetricsReader) {
  const peer = namespacePeer(namespaceLabel(namespace));
  return podLabels === undefined ? peer : { ...peer, podSelector: { matchLabels: { ...podLabels } } };
}

/** A block without the addresses of pods, where it has them all and more. */
function ipBlock(cidr: string, podCidrs: readonly string[] = []) {
  const outer = parseCidr(cidr);
  const except = podCidrs.filter((each) => {
    const pods = parseCidr(each);
    return outer !== undefined && pods !== undefined && outer.prefix < pods.prefix && contains(outer, pods);
  });
  return except.length === 0 ? { cidr } : { cidr, except };
}

function tcp(port: number) {
  return { port: String(port), protocol: "TCP" };
}
