/** Can the host have its certificate and its record? */
import { z } from "zod";

import { type EksConfig } from "../../config/schema";
import { check, type CheckContext, type Finding, ok, problem, skipped, warning } from "./check";

type Https = Extract<EksConfig["chat"]["exposure"], { type: "https" }>;

export const hostCheck = check(
  "host",
  (context) => {
    const { config } = context;
    const { exposure } = config.chat;
    if (config.target !== "eks" || exposure.type !== "https") return skipped("the environment has no HTTPS");
    if (exposure.host === undefined) return skipped("it is not known yet");
    return (
      zoneFinding(context, exposure) ??
      certificateFinding(context, exposure, config.region) ??
      ok(`${exposure.host}: zone and certificate are in order`)
    );
  },
  true,
);

const zoneSchema = z.object({
  HostedZone: z.object({ Name: z.string(), Config: z.object({ PrivateZone: z.boolean() }) }),
});

function zoneFinding(context: CheckContext, { host = "", hostedZoneId, certificateArn }: Https): Finding | undefined {
  if (hostedZoneId === undefined) return undefined;
  const answer = ask(context, zoneSchema, ["route53", "get-hosted-zone", "--id", hostedZoneId]);
  if (answer === undefined) {
    return problem(
      `zone ${hostedZoneId} is not there, or you may not read it`,
      "List yours with `aws route53 list-hosted-zones`, and set CAREPATH_HOSTED_ZONE_ID.",
    );
  }
  const zone = answer.HostedZone.Name.replace(/\.$/, "");
  if (host !== zone && !host.endsWith(`.${zone}`)) {
    return problem(
      `${host} is not in zone ${zone}`,
      `Set CAREPATH_HOST to a name that ends in .${zone}, or CAREPATH_HOSTED_ZONE_ID to the zone of ${host}.`,
    );
  }
  if (answer.HostedZone.Config.PrivateZone && certificateArn === undefined) {
    return problem(
      `zone ${zone} is private: the authority of the certificate cannot see its records`,
      "Set CAREPATH_CERTIFICATE_ARN, or CAREPATH_HOSTED_ZONE_ID to the public zone of the name.",
    );
  }
  return undefined;
}

const certificateSchema = z.object({
  Certificate: z.object({
    Status: z.string(),
    DomainName: z.string(),
    SubjectAlternativeNames: z.array(z.string()).default([]),
  }),
});

function certificateFinding(
  context: CheckContext,
  { host = "", certificateArn }: Https,
  region: string,
): Finding | undefined {
  if (certificateArn === undefined) return undefined;
  const args = ["acm", "describe-certificate", "--region", region, "--certificate-arn", certificateArn];
  const answer = ask(context, certificateSchema, args);
  if (answer === undefined) {
    return problem(
      `certificate ${certificateArn} is not in ${region}, or you may not read it`,
      `List yours with \`aws acm list-certificates --region ${region}\`, and set CAREPATH_CERTIFICATE_ARN.`,
    );
  }
  const { Status, DomainName, SubjectAlternativeNames } = answer.Certificate;
  const names = [...new Set([DomainName, ...SubjectAlternativeNames])];
  if (!names.some((name) => covers(name, host))) {
    return problem(
      `the certificate is for ${names.join(", ")}, not for ${host}`,
      "Set CAREPATH_CERTIFICATE_ARN to one for this host, or unset it and set CAREPATH_HOSTED_ZONE_ID to have one made.",
    );
  }
  if (Status === "ISSUED") return undefined;
  return warning(
    `the certificate is ${Status}: the load balancer cannot use it yet`,
    "Add the record that `aws acm describe-certificate` shows to the zone of the name.",
  );
}

/** A wildcard stands for one label. */
function covers(name: string, host: string): boolean {
  return name === host || (name.startsWith("*.") && host.slice(host.indexOf(".")) === name.slice(1));
}

function ask<T extends z.ZodType>({ run }: CheckContext, schema: T, args: readonly string[]): z.infer<T> | undefined {
  try {
    return schema.parse(JSON.parse(run("aws", [...args, "--output", "json"]) ?? ""));
  } catch {
    return undefined;
  }
}
