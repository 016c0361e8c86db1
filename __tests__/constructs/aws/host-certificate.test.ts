import { HostCertificate } from "../../../constructs/aws/host-certificate";
import { synthConstructs } from "../../helpers/synth-stack";

let arn = "";
const stack = synthConstructs((scope) => {
  ({ arn } = new HostCertificate(scope, "certificate", { host: "chat.example.com", hostedZoneId: "Z1" }));
});
const certificate = `aws_acm_certificate.${Object.keys(stack.json.resource["aws_acm_certificate"] ?? {}).join("")}`;

it("proves the host in its zone, and keeps the proof for renewals", () => {
  expect(stack.one("aws_acm_certificate")).toMatchObject({
    domain_name: "chat.example.com",
    validation_method: "DNS",
    lifecycle: { create_before_destroy: true },
  });
  const proof = `tolist(${certificate}.domain_validation_options).0`;
  expect(stack.one("aws_route53_record")).toMatchObject({
    zone_id: "Z1",
    name: `\${${proof}.resource_record_name}`,
    type: `\${${proof}.resource_record_type}`,
    records: [`\${${proof}.resource_record_value}`],
  });
});

it("is used only once it is issued", () => {
  expect(arn).not.toBe("");
  expect(stack.one("aws_acm_certificate_validation")).toMatchObject({ certificate_arn: `\${${certificate}.arn}` });
});
