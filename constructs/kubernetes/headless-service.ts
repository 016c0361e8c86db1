import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { Construct } from "constructs";

import { SERVICE_PORT, SERVICE_PORT_NAME } from "../../service/src/contract";
import { selectorLabels, workloadLabels } from "./workload-labels";

export interface HeadlessServiceProps {
  /** Name of the workload; the Service is `<name>-replicas`. */
  readonly name: string;
  readonly namespace: string;
}

/**
 * Gives every replica of a StatefulSet its own DNS name, also before it is ready: that is when an operator wants
 * to read `/ready` of one particular replica.
 */
export class HeadlessService extends Construct {
  readonly serviceName: string;
  readonly service: ServiceV1;

  constructor(scope: Construct, id: string, { name, namespace }: HeadlessServiceProps) {
    super(scope, id);
    this.serviceName = `${name}-replicas`;
    this.service = new ServiceV1(this, "service", {
      metadata: { name: this.serviceName, namespace, labels: workloadLabels(name) },
      spec: {
        type: "ClusterIP",
        clusterIp: "None",
        publishNotReadyAddresses: true,
        selector: selectorLabels(name),
        port: [{ name: SERVICE_PORT_NAME, port: SERVICE_PORT, targetPort: SERVICE_PORT_NAME, protocol: "TCP" }],
      },
    });
  }
}
