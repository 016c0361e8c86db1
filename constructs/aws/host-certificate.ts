import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Construct } from "constructs";

export interface HostCertificateProps {
  /** DNS name of the certificate. */
  readonly host: string;
  /** Zone of Route 53 in which the authority looks for its proof. */
  readonly hostedZoneId: string;
}

/** How long a cached proof may be used, seconds. */
const RECORD_TTL = 300;

/**
 * A certificate of ACM that renews itself, because its proof stays in the zone.
 * @see https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
 */
export class HostCertificate extends Construct {
  /** ARN of the certificate once it is issued. */
  readonly arn: string;

  constructor(scope: Construct, id: string, { host, hostedZoneId }: HostCertificateProps) {
    super(scope, id);
    const certificate = new AcmCertificate(this, "certificate", {
      domainName: host,
      validationMethod: "DNS",
      // A listener uses the old one until it has the new one.
      lifecycle: { createBeforeDestroy: true },
    });
    const proof = certificate.domainValidationOptions.get(0);
    const record = new Route53Record(this, "proof", {
      zoneId: hostedZoneId,
      name: proof.resourceRecordName,
      type: proof.resourceRecordType,
      records: [proof.resourceRecordValue],
      ttl: RECORD_TTL,
      // The same host has the same proof, also in another certificate.
      allowOverwrite: true,
    });
    this.arn = new AcmCertificateValidation(this, "issued", {
      certificateArn: certificate.arn,
      validationRecordFqdns: [record.fqdn],
    }).certificateArn;
  }
}
