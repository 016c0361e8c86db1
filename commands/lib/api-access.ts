import { PLACEHOLDER_CIDR } from "../../config/placeholder-cidr";
import { type AppConfig } from "../../config/schema";

/** Why the second stack could not reach the cluster that the first one creates, with the fix; undefined when it can. */
export function placeholderProblem(config: AppConfig): { readonly detail: string; readonly fix: string } | undefined {
  if (config.target !== "eks" || !config.cluster.endpoint.publicAccessCidrs.includes(PLACEHOLDER_CIDR))
    return undefined;
  return {
    detail: `cluster.endpoint.publicAccessCidrs (${PLACEHOLDER_CIDR}): is no real network, so the platform stack could not reach the cluster.`,
    fix: "Set CAREPATH_API_CIDRS to your address, e.g. CAREPATH_API_CIDRS=198.51.100.7/32.",
  };
}
