/** What costs most: the control plane and the machines. */
import { paginateDescribeInstances } from "@aws-sdk/client-ec2";
import { DescribeClusterCommand, paginateListNodegroups } from "@aws-sdk/client-eks";

import { clusterName } from "../../../config/names";
import { instanceType } from "../../../planning/catalogue/instance-types";
import { HOURS_PER_MONTH, instanceHour, PRICES, SPOT_SHARE } from "../../../planning/cost/prices";
import { type AwsClients, listed } from "../../lib/aws-clients";
import { type Leftover, taggedWith } from "./leftover";

export async function cluster({ eks, region }: AwsClients, environment: string): Promise<Leftover[]> {
  const name = clusterName(environment);
  try {
    const answer = await eks.send(new DescribeClusterCommand({ name }));
    const pages = paginateListNodegroups({ client: eks }, { clusterName: name });
    const groups = await listed(pages, ({ nodegroups }) => nodegroups);
    return [
      {
        kind: "cluster",
        id: name,
        detail: `${answer.cluster?.status ?? "?"}; goes after its node groups`,
        monthlyCost: PRICES.controlPlaneHour * HOURS_PER_MONTH,
        remove: `aws eks delete-cluster --name ${name} --region ${region}`,
      },
      ...groups.map((group) => ({
        kind: "node group",
        id: group,
        detail: "its machines are listed as instances",
        monthlyCost: 0,
        remove: `aws eks delete-nodegroup --cluster-name ${name} --nodegroup-name ${group} --region ${region}`,
      })),
    ];
  } catch (error) {
    if (error instanceof Error && error.name === "ResourceNotFoundException") return [];
    throw error;
  }
}

export async function instances({ ec2, region }: AwsClients, environment: string): Promise<Leftover[]> {
  const Filters = [
    ...taggedWith(environment),
    { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] },
  ];
  const found = await listed(paginateDescribeInstances({ client: ec2 }, { Filters }), ({ Reservations = [] }) =>
    Reservations.flatMap(({ Instances = [] }) => Instances),
  );
  return found.map(({ InstanceId = "", InstanceType = "?", InstanceLifecycle, State }) => ({
    kind: "instance",
    id: InstanceId,
    detail: `${InstanceType}${InstanceLifecycle === "spot" ? " spot" : ""}, ${State?.Name ?? "?"}`,
    monthlyCost: monthly(InstanceType, InstanceLifecycle === "spot"),
    remove: `aws ec2 terminate-instances --instance-ids ${InstanceId} --region ${region}`,
  }));
}

/** 0 for a type without a price here. */
function monthly(type: string, spot: boolean): number {
  if (instanceType(type) === undefined) return 0;
  return instanceHour(type) * (spot ? SPOT_SHARE : 1) * HOURS_PER_MONTH;
}
