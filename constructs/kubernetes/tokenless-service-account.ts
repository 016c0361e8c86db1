import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { Construct } from "constructs";

import { workloadLabels } from "./workload-labels";

export interface TokenlessServiceAccountProps {
  /** Name of the workload and of the account. */
  readonly name: string;
  readonly namespace: string;
}

/** A separate identity without rights: no role is bound to it and no token of it is mounted. */
export class TokenlessServiceAccount extends Construct {
  readonly account: ServiceAccountV1;

  constructor(scope: Construct, id: string, { name, namespace }: TokenlessServiceAccountProps) {
    super(scope, id);
    this.account = new ServiceAccountV1(this, "account", {
      metadata: { name, namespace, labels: workloadLabels(name) },
      automountServiceAccountToken: false,
    });
  }
}
