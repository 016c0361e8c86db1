import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { Construct } from "constructs";

import { SERVICE_PORT, SERVICE_PORT_NAME } from "../../service/src/contract";
import { type HttpsExposure } from "./chat-ingress";
import { loadBalancerAnnotations, type LoadBalancerExposure } from "./load-balancer-annotations";
import { selectorLabels, workloadLabels } from "./workload-labels";

/** Who can reach the service: only the cluster, or also the clients of a load balancer, by its Ingress or by the Service. */
export type Exposure = { readonly type: "cluster-ip" } | HttpsExposure | LoadBalancerExposure;

export interface ChatServiceProps {
  readonly name: string;
  readonly namespace: string;
  readonly exposure: Exposure;
  /** Name of the container's port. @default SERVICE_PORT_NAME */
  readonly targetPort?: string | undefined;
}

/** The one address of the service, on the contract's port. Only pods that are ready receive requests. */
export class ChatService extends Construct {
  readonly service: ServiceV1;

  constructor(scope: Construct, id: string, props: ChatServiceProps) {
    super(scope, id);
    const { name, namespace, exposure, targetPort = SERVICE_PORT_NAME } = props;
    const port = [{ name: SERVICE_PORT_NAME, port: SERVICE_PORT, targetPort, protocol: "TCP" }];
    const selector = selectorLabels(name);
    this.service =
      exposure.type !== "load-balancer"
        ? new ServiceV1(this, "service", {
            metadata: { name, namespace, labels: workloadLabels(name) },
            spec: { type: "ClusterIP", selector, port },
          })
        : new ServiceV1(this, "service", {
            metadata: {
              name,
              namespace,
              labels: workloadLabels(name),
              annotations: loadBalancerAnnotations(exposure),
            },
            spec: {
              type: "LoadBalancer",
              selector,
              port,
              externalTrafficPolicy: "Local",
              loadBalancerSourceRanges: [...exposure.sourceCidrs],
            },
            waitForLoadBalancer: true,
          });
  }
}
