import { type ITerraformDependable } from "cdktf";

import { type ClusterNetwork } from "./network";

/**
 * The subnets of a VPC that somebody else owns, by zone: nothing of it is created, changed or destroyed. Routes, tags and
 * free addresses are the owner's; `npm run doctor` checks them.
 */
export class ExistingNetwork implements ClusterNetwork {
  readonly outboundRoutes: readonly ITerraformDependable[] = [];
  readonly #subnetIds: ReadonlyMap<string, string>;

  constructor(
    readonly vpcId: string,
    subnets: Readonly<Record<string, { readonly id: string }>>,
  ) {
    this.#subnetIds = new Map(Object.entries(subnets).map(([zone, { id }]) => [zone, id]));
  }

  get privateSubnetIds(): string[] {
    return [...this.#subnetIds.values()];
  }

  /** @throws Error for a zone without a subnet */
  privateSubnetId(zone: string): string {
    const id = this.#subnetIds.get(zone);
    if (id === undefined) throw new Error(`Zone "${zone}" has no existing subnet. Parse the configuration first.`);
    return id;
  }
}
