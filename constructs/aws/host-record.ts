import { DataAwsLbHostedZoneId } from "@cdktf/provider-aws/lib/data-aws-lb-hosted-zone-id";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Construct } from "constructs";

export interface HostRecordProps {
  readonly host: string;
  readonly hostedZoneId: string;
  readonly region: string;
  /** Host name that AWS gave the load balancer. */
  readonly loadBalancerHostname: string;
}

/** The name under which clients reach the load balancer: an alias, which works at the top of a zone and costs nothing. */
export class HostRecord extends Construct {
  constructor(scope: Construct, id: string, props: HostRecordProps) {
    super(scope, id);
    const zone = new DataAwsLbHostedZoneId(this, "load-balancer-zone", { region: props.region });
    new Route53Record(this, "record", {
      zoneId: props.hostedZoneId,
      name: props.host,
      type: "A",
      alias: { name: props.loadBalancerHostname, zoneId: zone.id, evaluateTargetHealth: false },
    });
  }
}
