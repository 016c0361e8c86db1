import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { Construct } from "constructs";

import { SERVICE_PORT, SERVICE_PORT_NAME } from "../../service/src/contract";
import { sourceCidrsViolation } from "../../planning/access-rules";
import { idleTimeoutViolation } from "../../planning/load-balancer-rules";
import { refuseViolations } from "../../planning/workload-rules";
import { loadBalancerAnnotations, type LoadBalancerExposure } from "./load-balancer-annotations";
import { selectorLabels, workloadLabels } from "./workload-labels";

/** Who can reach the service: only the cluster, or also the clients of a load balancer. */
export type Exposure = { readonly type: "cluster-ip" } | LoadBalancerExposure;

export interface ChatServiceProps {
  readonly name: string;
  readonly namespace: string;
  /** @default { type: "cluster-ip" } */
  readonly exposure?: Exposure;
}

/** The one address of the service, on the contract's port. Only pods that are ready receive requests. */
export class ChatService extends Construct {
  readonly service: ServiceV1;

  constructor(scope: Construct, id: string, props: ChatServiceProps) {
    const { name, namespace, exposure = { type: "cluster-ip" } } = props;
    if (exposure.type === "load-balancer") {
      refuseViolations(`Service "${name}"`, [
        sourceCidrsViolation({ exposure: "load-balancer", sourceCidrs: exposure.sourceCidrs }),
        idleTimeoutViolation(exposure),
      ]);
    }
    super(scope, id);
    const port = [{ name: SERVICE_PORT_NAME, port: SERVICE_PORT, targetPort: SERVICE_PORT_NAME, protocol: "TCP" }];
    const selector = selectorLabels(name);
    this.service =
      exposure.type === "cluster-ip"
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
