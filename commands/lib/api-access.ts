import { OWN_ADDRESS_COMMAND, PLACEHOLDER_CIDR } from "../../config/placeholder-cidr";
import { type AppConfig } from "../../config/schema";

/** Why the second stack could not reach the cluster that the first one creates, with the fix; undefined when it can. */
export function apiAccessProblem(config: AppConfig): { readonly detail: string; readonly fix: string } | undefined {
  if (config.target !== "eks") return undefined;
  const { publicAccess, publicAccessCidrs, deployFromInside } = config.cluster.endpoint;
  if (publicAccessCidrs.includes(PLACEHOLDER_CIDR)) {
    return {
      detail: `cluster.endpoint.publicAccessCidrs (${PLACEHOLDER_CIDR}): is no real network, so the platform stack could not reach the cluster.`,
      fix: `Run \`${OWN_ADDRESS_COMMAND}\`.`,
    };
  }
  if (publicAccess || deployFromInside || config.network.existing !== undefined) return undefined;
  return {
    detail:
      "cluster.endpoint.publicAccess (false): is a private address in a VPC that this deploy makes, so the platform stack could not reach the cluster.",
    fix: `Run \`${OWN_ADDRESS_COMMAND}\`, or, where a VPN or a peered network leads into that VPC, \`export CAREPATH_DEPLOY_FROM_INSIDE=true\`.`,
  };
}
