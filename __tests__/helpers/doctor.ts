import { type CheckContext } from "../../commands/doctor/check";
import { awsClients } from "../../commands/lib/aws-clients";
import { loadConfig } from "../../config/load";
import { type EksConfig } from "../../config/schema";
import { EKS_RELEASES } from "../../planning/catalogue/eks-releases";
import { type FakeAnswer, type FakeAws, json, result, xml } from "./fake-aws";

export const DIGEST = `sha256:${"a".repeat(64)}`;

/** The demo environment, with its state in a bucket and its image by digest. */
export function eksConfig(change: (config: EksConfig) => EksConfig = (config) => config): EksConfig {
  const { config } = loadConfig({ CAREPATH_ENV: "demo", CAREPATH_API_CIDRS: "52.94.236.248/32" });
  if (config.target !== "eks") throw new Error("demo is expected to be an EKS environment");
  const state = { type: "s3", bucket: "states", region: "us-east-1", keyPrefix: "carepath-chat" } as const;
  return change({ ...config, state, chat: { ...config.chat, image: { digest: DIGEST } } });
}

const zone = (letter: string, id: string) =>
  `<item><zoneName>us-east-1${letter}</zoneName><zoneId>${id}</zoneId><zoneState>available</zoneState><zoneType>availability-zone</zoneType></item>`;

/** EKS names its errors in a header. */
export const EKS_NOT_FOUND: FakeAnswer = {
  ...json({}, 404),
  headers: { "x-amzn-errortype": "ResourceNotFoundException" },
};

/** An account where the demo environment can be deployed. */
export const doctorAnswers = (): Record<string, FakeAnswer> => ({
  GetCallerIdentity: result(
    "GetCallerIdentity",
    "<Arn>arn:aws:iam::111122223333:user/ann</Arn><Account>111122223333</Account>",
  ),
  DescribeAvailabilityZones: xml(
    "DescribeAvailabilityZonesResponse",
    `<availabilityZoneInfo>${zone("a", "use1-az6")}${zone("b", "use1-az1")}${zone("c", "use1-az2")}</availabilityZoneInfo>`,
  ),
  DescribeInstanceTypeOfferings: xml(
    "DescribeInstanceTypeOfferingsResponse",
    "<instanceTypeOfferingSet><item><location>us-east-1a</location></item><item><location>us-east-1c</location></item></instanceTypeOfferingSet>",
  ),
  DescribeInstances: xml(
    "DescribeInstancesResponse",
    `<reservationSet><item><instancesSet>${instance("c7i.xlarge", "spot")}${instance("c7i.xlarge")}${instance("g5.xlarge", "spot")}</instancesSet></item></reservationSet>`,
  ),
  DescribeAddresses: xml("DescribeAddressesResponse", "<addressesSet><item/><item/></addressesSet>"),
  GetServiceQuota: json({ Quota: { Value: 32 } }),
  "GET /cluster-versions": json({
    clusterVersions: [{ clusterVersion: "1.35", endOfStandardSupportDate: Date.parse("2027-03-27") / 1000 }],
  }),
  GetEbsDefaultKmsKeyId: xml("GetEbsDefaultKmsKeyIdResponse", "<kmsKeyId>alias/aws/ebs</kmsKeyId>"),
  GetParameter: json({ Parameter: { Value: EKS_RELEASES["1.35"].nodeImage } }),
  "GET /addons/supported-versions": supportedAddons(),
  "HEAD /states": {},
  "GET /states": xml("VersioningConfiguration", "<Status>Enabled</Status>"),
  DescribeImages: json({ imageDetails: [{ imageDigest: DIGEST, imagePushedAt: Date.parse("2026-11-01") / 1000 }] }),
});

/** The fake answers every add-on alike, so its answer holds the pinned versions of all of them; `latest` is the default of all. */
export function supportedAddons(latest?: string): FakeAnswer {
  const pinned = Object.values(EKS_RELEASES["1.35"].addons);
  const versions = [...pinned, ...(latest === undefined ? [] : [latest])];
  return json({
    addons: [
      {
        addonVersions: versions.map((addonVersion) => ({
          addonVersion,
          compatibilities: [{ defaultVersion: addonVersion === (latest ?? "v1.13.2-eksbuild.1") }],
        })),
      },
    ],
  });
}

export function instance(type: string, lifecycle?: string): string {
  const spot = lifecycle === undefined ? "" : `<instanceLifecycle>${lifecycle}</instanceLifecycle>`;
  return `<item><instanceType>${type}</instanceType>${spot}<cpuOptions><coreCount>2</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions></item>`;
}

const TOOLS: Record<string, string> = {
  terraform: '{"terraform_version": "1.11.4"}',
  aws: "aws-cli/2.15.0 Python/3.11",
  kubectl: '{"clientVersion":{"gitVersion":"v1.35.0"}}',
  podman: "podman version 5.3.1",
};

/** What the checks see, with the fake in place of AWS and an empty home. */
export function doctorContext(aws: FakeAws, more: Partial<CheckContext> = {}): CheckContext {
  const config = more.config ?? eksConfig();
  const clients = awsClients({
    region: "us-east-1",
    endpoint: aws.url,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  return {
    config,
    env: {},
    nodeVersion: "v22.12.0",
    now: new Date("2026-11-23T12:00:00Z"),
    run: (command) => TOOLS[command],
    aws: config.target === "eks" ? clients : undefined,
    ...more,
  };
}
