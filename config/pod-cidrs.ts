import { type AppConfig } from "./schema";

/**
 * Blocks whose addresses pods have, so that a NetworkPolicy cannot take them for clients: the whole VPC where the cluster
 * stack makes it, the subnets of the nodes where it is there already. Unknown on an existing cluster.
 */
export function podCidrs(config: AppConfig): string[] {
  if (config.target !== "eks") return [];
  const { existing, vpcCidr } = config.network;
  return existing === undefined ? [vpcCidr] : Object.values(existing.subnets).map(({ cidr }) => cidr);
}
