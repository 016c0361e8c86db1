/**
 * What the cluster's own pods request. The chat pod gets what they leave.
 *
 * Only requests count for the scheduler, so a pod without requests takes nothing but one of the node's pod slots.
 */

interface SystemPod {
  readonly name: string;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  /** Where the figures were read. */
  readonly source: string;
}

/** One of each on every node. */
const NODE_PODS: readonly SystemPod[] = [
  {
    name: "aws-node",
    cpuMillicores: 50,
    memoryMiB: 0,
    source: "aws/amazon-vpc-cni-k8s, config/master/aws-k8s-cni.yaml: aws-node and aws-eks-nodeagent, 25m each",
  },
  {
    name: "kube-proxy",
    cpuMillicores: 100,
    memoryMiB: 0,
    source: "eksctl-io/eksctl, pkg/addons/default/testdata/sample-1.25.json: the DaemonSet as EKS installs it",
  },
  {
    name: "ebs-csi-node",
    cpuMillicores: 30,
    memoryMiB: 120,
    source:
      "kubernetes-sigs/aws-ebs-csi-driver, charts/aws-ebs-csi-driver/values.yaml: 10m and 40Mi for each of 3 containers (the sidecars default to node.resources)",
  },
  {
    name: "eks-pod-identity-agent",
    cpuMillicores: 0,
    memoryMiB: 0,
    source: "aws/eks-pod-identity-agent, charts/eks-pod-identity-agent/values.yaml: resources {}",
  },
];

/** A few for the whole cluster. Nothing keeps them off the node of the chat pod, so each node must have room for all. */
const CLUSTER_PODS: readonly (SystemPod & { readonly replicas: number })[] = [
  {
    name: "coredns",
    replicas: 2,
    cpuMillicores: 100,
    memoryMiB: 70,
    source: "eksctl-io/eksctl, pkg/addons/default/assets/coredns-1.35.json",
  },
  {
    name: "ebs-csi-controller",
    replicas: 2,
    cpuMillicores: 60,
    memoryMiB: 240,
    source:
      "kubernetes-sigs/aws-ebs-csi-driver, charts/aws-ebs-csi-driver/values.yaml: controller.resources, 10m and 40Mi, which " +
      "the sidecars inherit; 6 containers with the snapshotter, 5 without its CRDs",
  },
  {
    name: "metrics-server",
    replicas: 1,
    cpuMillicores: 100,
    memoryMiB: 200,
    source: "kubernetes-sigs/metrics-server, charts/metrics-server/values.yaml",
  },
];

/** Pods of what an environment may add, by its name; they count like those above where it has it. */
const ADDON_PODS = {
  "load-balancer-controller": {
    replicas: 2,
    cpuMillicores: 100,
    memoryMiB: 128,
    source: "constructs/kubernetes/load-balancer-controller.ts: the chart has no requests of its own",
  },
  "cluster-autoscaler": {
    replicas: 1,
    cpuMillicores: 100,
    memoryMiB: 300,
    source: "constructs/kubernetes/cluster-autoscaler.ts: the chart has no requests of its own",
  },
  keda: {
    replicas: 2,
    cpuMillicores: 100,
    memoryMiB: 100,
    source: "kedacore/charts, keda/values.yaml at 2.20.2: resources.operator and resources.metricServer",
  },
  "log-forwarder": {
    replicas: 1,
    cpuMillicores: 50,
    memoryMiB: 50,
    source: "aws/eks-charts, stable/aws-for-fluent-bit/values.yaml at 0.2.0: one on each node",
  },
} as const satisfies Readonly<Record<string, Omit<SystemPod, "name"> & { readonly replicas: number }>>;

export type AddonName = keyof typeof ADDON_PODS;

export interface Requests {
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly pods: number;
}

/** Sum of what the system pods, and those of the addons, may request on one node. */
export function systemRequests(addons: readonly AddonName[]): Requests {
  let total: Requests = { cpuMillicores: 0, memoryMiB: 0, pods: 0 };
  for (const pod of [
    ...NODE_PODS.map((each) => ({ ...each, replicas: 1 })),
    ...CLUSTER_PODS,
    ...addons.map((name) => ADDON_PODS[name]),
  ]) {
    total = {
      cpuMillicores: total.cpuMillicores + pod.replicas * pod.cpuMillicores,
      memoryMiB: total.memoryMiB + pod.replicas * pod.memoryMiB,
      pods: total.pods + pod.replicas,
    };
  }
  return total;
}
