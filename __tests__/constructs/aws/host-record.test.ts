import { HostRecord } from "../../../constructs/aws/host-record";
import { synthConstructs } from "../../helpers/synth-stack";

it("is an alias of the load balancer, in the zone of load balancers of the region", () => {
  const stack = synthConstructs(
    (scope) =>
      new HostRecord(scope, "record", {
        host: "chat.example.com",
        hostedZoneId: "Z1",
        region: "eu-west-1",
        loadBalancerHostname: "k8s-1.elb.amazonaws.com",
      }),
  );
  const [[id, data] = []] = Object.entries(stack.json.data?.["aws_lb_hosted_zone_id"] ?? {});
  expect(data).toMatchObject({ region: "eu-west-1" });
  expect(stack.one("aws_route53_record")).toMatchObject({
    zone_id: "Z1",
    name: "chat.example.com",
    type: "A",
    alias: { name: "k8s-1.elb.amazonaws.com", zone_id: `\${data.aws_lb_hosted_zone_id.${id ?? ""}.id}` },
  });
});
