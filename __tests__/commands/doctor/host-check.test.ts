import { type Finding } from "../../../commands/doctor/check";
import { hostCheck } from "../../../commands/doctor/host-check";
import { type AppConfigInput } from "../../../config/schema";
import { eksConfig } from "../../helpers/sample-config";

const ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d";
const HTTPS = {
  type: "https",
  host: "chat.example.com",
  scheme: "internal",
  sourceCidrs: ["10.0.0.0/8"],
} satisfies AppConfigInput["chat"]["exposure"];

const zone = (Name: string, PrivateZone = false) => ({ HostedZone: { Name, Config: { PrivateZone } } });
const certificate = (DomainName: string, Status = "ISSUED", SubjectAlternativeNames: string[] = []) => ({
  Certificate: { DomainName, Status, SubjectAlternativeNames },
});

/** `answers` by the service of the AWS CLI; one that is missing fails. */
function find(exposure: object | undefined, answers: Readonly<Record<string, unknown>> = {}): Finding {
  const config = eksConfig(exposure === undefined ? {} : { exposure: { ...HTTPS, ...exposure } });
  return hostCheck.run({
    config,
    env: {},
    nodeVersion: "v22.12.0",
    now: new Date(),
    aws: undefined,
    run: (command, args) => (command === "aws" ? JSON.stringify(answers[args[0] ?? ""]) : undefined),
  }) as Finding;
}

it("is in order with a zone of the name and a certificate of the host", () => {
  const answers = { route53: zone("example.com."), acm: certificate("example.com", "ISSUED", ["*.example.com"]) };
  const fine = { level: "ok", detail: "chat.example.com: zone and certificate are in order" };
  expect(find({ hostedZoneId: "Z1" }, answers)).toEqual(fine);
  expect(find({ certificateArn: ARN }, answers)).toEqual(fine);
  expect(
    find({ hostedZoneId: "Z1", certificateArn: ARN }, { ...answers, route53: zone("example.com.", true) }),
  ).toEqual(fine);
});

it.each<[string, object, Readonly<Record<string, unknown>>, Finding]>([
  [
    "a zone that is not there",
    { hostedZoneId: "Z1" },
    {},
    {
      level: "problem",
      detail: "zone Z1 is not there, or you may not read it",
      fix: "List yours with `aws route53 list-hosted-zones`, and set CAREPATH_HOSTED_ZONE_ID.",
    },
  ],
  [
    "a zone of another name that ends alike",
    { hostedZoneId: "Z1" },
    { route53: zone("t.example.com.") },
    {
      level: "problem",
      detail: "chat.example.com is not in zone t.example.com",
      fix: "Set CAREPATH_HOST to a name that ends in .t.example.com, or CAREPATH_HOSTED_ZONE_ID to the zone of chat.example.com.",
    },
  ],
  [
    "a private zone",
    { hostedZoneId: "Z1" },
    { route53: zone("example.com.", true) },
    {
      level: "problem",
      detail: "zone example.com is private: the authority of the certificate cannot see its records",
      fix: "Set CAREPATH_CERTIFICATE_ARN, or CAREPATH_HOSTED_ZONE_ID to the public zone of the name.",
    },
  ],
  [
    "a certificate of another region",
    { certificateArn: ARN },
    {},
    {
      level: "problem",
      detail: `certificate ${ARN} is not in eu-central-1, or you may not read it`,
      fix: "List yours with `aws acm list-certificates --region eu-central-1`, and set CAREPATH_CERTIFICATE_ARN.",
    },
  ],
  [
    "a wildcard of the level above",
    { certificateArn: ARN },
    { acm: certificate("*.com") },
    {
      level: "problem",
      detail: "the certificate is for *.com, not for chat.example.com",
      fix: "Set CAREPATH_CERTIFICATE_ARN to one for this host, or unset it and set CAREPATH_HOSTED_ZONE_ID to have one made.",
    },
  ],
  [
    "a certificate that waits",
    { certificateArn: ARN },
    { acm: certificate("chat.example.com", "PENDING_VALIDATION") },
    {
      level: "warning",
      detail: "the certificate is PENDING_VALIDATION: the load balancer cannot use it yet",
      fix: "Add the record that `aws acm describe-certificate` shows to the zone of the name.",
    },
  ],
])("finds %s", (_, exposure, answers, expected) => {
  expect(find(exposure, answers)).toEqual(expected);
});

it("is skipped without HTTPS, and before the host is known", () => {
  expect(find({ host: undefined })).toEqual({ level: "skipped", detail: "it is not known yet" });
  expect(find(undefined)).toEqual({ level: "skipped", detail: "the environment has no HTTPS" });
});
