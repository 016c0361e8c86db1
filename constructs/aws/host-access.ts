import { partitionOf } from "../../planning/catalogue/aws-regions";
import { type PolicyStatement } from "./service-role";

/**
 * The rights to read the certificate and the records of the host, or to change the records, which follow the load balancer.
 * The certificate is made by the first deploy, which a person runs; certificates have random names, so all of the region's
 * are described.
 */
export function hostStatements(region: string, hostedZoneId: string, access: "read" | "write"): PolicyStatement[] {
  const partition = partitionOf(region);
  const records = ["route53:GetHostedZone", "route53:ListResourceRecordSets"];
  const zone = [`arn:${partition}:route53:::hostedzone/${hostedZoneId}`];
  const certificates: PolicyStatement = {
    Sid: "ReadCertificates",
    Action: ["acm:DescribeCertificate", "acm:ListTagsForCertificate"],
    Resource: [`arn:${partition}:acm:${region}:*:certificate/*`],
  };
  if (access === "read") return [certificates, { Sid: "ReadRecords", Action: records, Resource: zone }];
  return [
    certificates,
    { Sid: "ChangeRecords", Action: ["route53:ChangeResourceRecordSets", ...records], Resource: zone },
    { Sid: "WaitForRecords", Action: ["route53:GetChange"], Resource: [`arn:${partition}:route53:::change/*`] },
  ];
}
