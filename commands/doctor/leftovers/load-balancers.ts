/** Load balancers, which controllers in the cluster create for Services and Ingresses. */
import {
  paginateDescribeLoadBalancers as paginateClassic,
  DescribeTagsCommand as DescribeClassicTagsCommand,
} from "@aws-sdk/client-elastic-load-balancing";
import { DescribeTagsCommand, paginateDescribeLoadBalancers } from "@aws-sdk/client-elastic-load-balancing-v2";

import { clusterName } from "../../../config/names";
import { HOURS_PER_MONTH, PRICES } from "../../../planning/cost/prices";
import { type AwsClients, listed } from "../../lib/aws-clients";
import { clusterTag, groupsOf, type Leftover, type Tag } from "./leftover";

export async function loadBalancers(
  { loadBalancers: client, region }: AwsClients,
  environment: string,
): Promise<Leftover[]> {
  const all = await listed(paginateDescribeLoadBalancers({ client }, {}), ({ LoadBalancers }) => LoadBalancers);
  const owned: Leftover[] = [];
  for (const group of groupsOf(all, 20)) {
    const arns = group.flatMap(({ LoadBalancerArn }) => LoadBalancerArn ?? []);
    const { TagDescriptions = [] } = await client.send(new DescribeTagsCommand({ ResourceArns: arns }));
    for (const { ResourceArn = "", Tags } of TagDescriptions) {
      if (!ownsTags(Tags, clusterName(environment))) continue;
      owned.push({
        kind: "load balancer",
        id: group.find(({ LoadBalancerArn }) => LoadBalancerArn === ResourceArn)?.LoadBalancerName ?? ResourceArn,
        detail: serviceOf(Tags),
        monthlyCost: PRICES.loadBalancerHour * HOURS_PER_MONTH,
        remove: `aws elbv2 delete-load-balancer --load-balancer-arn ${ResourceArn} --region ${region}`,
      });
    }
  }
  return owned;
}

export async function classicLoadBalancers(
  { classicLoadBalancers: client, region }: AwsClients,
  environment: string,
): Promise<Leftover[]> {
  const pages = paginateClassic({ client }, {});
  const all = await listed(pages, ({ LoadBalancerDescriptions }) => LoadBalancerDescriptions);
  const owned: Leftover[] = [];
  for (const group of groupsOf(all, 20)) {
    const names = group.flatMap(({ LoadBalancerName }) => LoadBalancerName ?? []);
    const { TagDescriptions = [] } = await client.send(new DescribeClassicTagsCommand({ LoadBalancerNames: names }));
    for (const { LoadBalancerName = "", Tags } of TagDescriptions) {
      if (!ownsTags(Tags, clusterName(environment))) continue;
      owned.push({
        kind: "classic load balancer",
        id: LoadBalancerName,
        detail: serviceOf(Tags),
        // The price of a Network Load Balancer: that of a classic one is a little higher.
        monthlyCost: PRICES.loadBalancerHour * HOURS_PER_MONTH,
        remove: `aws elb delete-load-balancer --load-balancer-name ${LoadBalancerName} --region ${region}`,
      });
    }
  }
  return owned;
}

/** The in-tree controller and the AWS Load Balancer Controller mark theirs in different ways. */
function ownsTags(tags: readonly Tag[] | undefined, cluster: string): boolean {
  return (tags ?? []).some(
    ({ Key, Value }) => Key === clusterTag(cluster) || (Key === "elbv2.k8s.aws/cluster" && Value === cluster),
  );
}

function serviceOf(tags: readonly Tag[] | undefined): string {
  const service = (tags ?? []).find(
    ({ Key }) => Key === "kubernetes.io/service-name" || Key === "service.k8s.aws/stack",
  );
  return service?.Value === undefined ? "" : `for Service ${service.Value}`;
}
