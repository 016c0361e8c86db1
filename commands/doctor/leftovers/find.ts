import { type AwsClients } from "../../lib/aws-clients";
import { cluster, instances } from "./compute";
import { type Leftover } from "./leftover";
import { classicLoadBalancers, loadBalancers } from "./load-balancers";
import { addresses, natGateways, vpcs } from "./network";
import { images, logGroups, volumes } from "./storage";

const SEARCHES = [
  cluster,
  instances,
  volumes,
  loadBalancers,
  classicLoadBalancers,
  natGateways,
  addresses,
  vpcs,
  logGroups,
  images,
];

/**
 * Everything of an environment that a destroy can leave behind, dearest first.
 *
 * Terraform deletes what it recorded. An interrupted deploy may have created more, controllers inside the cluster create
 * volumes and load balancers, and log groups are written to until the very end. Volumes count when no instance has them.
 */
export async function findLeftovers(aws: AwsClients, environment: string): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const search of SEARCHES) found.push(...(await search(aws, environment)));
  return found.sort((a, b) => b.monthlyCost - a.monthlyCost || a.id.localeCompare(b.id, "en"));
}
