import { Construct } from "constructs";

import { LOAD_BALANCER_CONTROLLER_VERSION } from "../aws/load-balancer-controller-policy";
import { HelmChart } from "./helm-chart";

export interface LoadBalancerControllerProps {
  readonly region: string;
  readonly clusterName: string;
  /** Asked for here, because pods cannot reach the instance metadata through a hop limit of 1. */
  readonly vpcId: string;
  readonly namespace: string;
  /** Service account that has the IAM role by Pod Identity. */
  readonly serviceAccountName: string;
  /** Controllers; a second one takes over when the node of the first fails. */
  readonly replicas: number;
  /** Tags of the load balancers and their security groups. */
  readonly tags: Readonly<Record<string, string>>;
  /** Whether a web ACL is put in front of a load balancer. */
  readonly wafv2: boolean;
}

/** Class of the Ingresses that the controller serves. */
export const INGRESS_CLASS = "alb";

/**
 * The AWS Load Balancer Controller: makes an Application Load Balancer of each Ingress of its class and keeps the pods
 * registered with it.
 *
 * Its webhook for Services stays off: it would take every new Service of type LoadBalancer away from the in-tree
 * controller, also those of others.
 * @see https://github.com/kubernetes-sigs/aws-load-balancer-controller/tree/v3.5.0/helm/aws-load-balancer-controller
 */
export class LoadBalancerController extends Construct {
  constructor(scope: Construct, id: string, props: LoadBalancerControllerProps) {
    super(scope, id);
    new HelmChart(this, "chart", {
      chart: "aws-load-balancer-controller",
      repository: "https://aws.github.io/eks-charts",
      version: LOAD_BALANCER_CONTROLLER_VERSION,
      namespace: props.namespace,
      values: {
        clusterName: props.clusterName,
        region: props.region,
        vpcId: props.vpcId,
        replicaCount: props.replicas,
        serviceAccount: { create: true, name: props.serviceAccountName },
        ingressClass: INGRESS_CLASS,
        defaultTargetType: "ip",
        defaultTags: props.tags,
        enableServiceMutatorWebhook: false,
        // Its self-signed certificate survives an upgrade, so that no admission fails in between.
        keepTLSSecret: true,
        enableShield: false,
        enableWaf: false,
        enableWafv2: props.wafv2,
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
        podSecurityContext: { fsGroup: 65534, seccompProfile: { type: "RuntimeDefault" } },
        securityContext: {
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
        },
      },
    });
  }
}
