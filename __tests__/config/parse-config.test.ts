import { ConfigError } from "../../config/config-error";
import { demo } from "../../config/environments/demo";
import { parseConfig } from "../../config/parse-config";

/** The lines of the problems of demo after `change`; none when it is accepted. */
function problems(change: (config: Draft) => void): string[] {
  const config = structuredClone(demo) as unknown as Draft;
  change(config);
  try {
    parseConfig("test", config);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n  - ").slice(1);
  }
}

/** Sections may be filled with anything: that is what is tested. */
type Draft = Record<"network" | "cluster" | "nodes" | "chat" | "storage", Record<string, unknown>>;

test("reports every problem of a file at once, with path, value, rule and fix", () => {
  expect(
    problems((config) => {
      config.nodes["minSzie"] = 3;
      config.nodes["desiredSize"] = 5;
      config.chat["replicas"] = 0;
      config.network["zones"] = ["us-east-1a", "us-west-2b"];
      config.cluster["logRetentionDays"] = 31;
    }),
  ).toEqual([
    'nodes.minSzie (3): is not a known key. Did you mean "minSize"?',
    "chat.replicas (0): must be at least 1. Write 1 or more.",
    "cluster.logRetentionDays (31): must be a retention period that CloudWatch Logs accepts. Write one of 1, 3, 5, 7, 14, 30, " +
      "60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653.",
    'network.zones[1] ("us-west-2b"): must be a zone of region "us-east-1". Write "us-east-1b", or set CAREPATH_ZONES.',
    "nodes.desiredSize (5): must not be above nodes.maxSize (2). Set nodes.desiredSize to 2 or less, or nodes.maxSize to 5 or more.",
  ]);
});

test("a missing value and a wrong choice say what to write", () => {
  expect(
    problems((config) => {
      Reflect.deleteProperty(config.chat, "cpuCores");
      config.nodes["capacityType"] = "spot";
      config.chat["apiKeys"] = { source: "file" };
      config.chat["unheardOf"] = true;
    }),
  ).toEqual([
    expect.stringMatching(
      /^chat\.unheardOf \(true\): is not a known key\. Known here: namespace, .*logLevel\.$/,
    ) as string,
    "chat.cpuCores (not set): must be a number. Write a number.",
    'chat.apiKeys.source ("file"): must be "none" or "existing-secret" or "terraform-variable". ' +
      'Write "none" or "existing-secret" or "terraform-variable".',
    'nodes.capacityType ("spot"): must be "ON_DEMAND" or "SPOT". Write "ON_DEMAND" or "SPOT".',
  ]);
});

test.each<[string, (config: Draft) => void, string[]]>([
  ["a VPC of /16", (config) => (config.network["vpcCidr"] = "10.0.0.0/16"), []],
  ["a VPC of /20", (config) => (config.network["vpcCidr"] = "10.0.0.0/20"), []],
  [
    "a VPC of /21",
    (config) => (config.network["vpcCidr"] = "10.0.0.0/21"),
    [
      'network.vpcCidr ("10.0.0.0/21"): must be a block of /16 to /20: AWS allows nothing larger, and every pod takes an address. Write one like "10.20.0.0/16".',
    ],
  ],
  [
    "a VPC off its network address",
    (config) => (config.network["vpcCidr"] = "10.0.0.5/16"),
    ['network.vpcCidr ("10.0.0.5/16"): must start at its network address. Did you mean "10.0.0.0/16"?'],
  ],
  [
    "an address without a prefix",
    (config) => (config.cluster["endpoint"] = { publicAccess: true, publicAccessCidrs: ["198.51.100.7"] }),
    [
      'cluster.endpoint.publicAccessCidrs[0] ("198.51.100.7"): must be an IPv4 CIDR block. Did you mean "198.51.100.7/32"?',
    ],
  ],
  [
    "a public endpoint for nobody",
    (config) => (config.cluster["endpoint"] = { publicAccess: true }),
    [
      "cluster.endpoint.publicAccessCidrs ([]): a public API endpoint needs the CIDRs that may reach it: without them EKS opens it to everyone. " +
        "Set CAREPATH_API_CIDRS to your address, e.g. 198.51.100.7/32, or publicAccess: false.",
    ],
  ],
  [
    "CIDRs on a private endpoint",
    (config) => (config.cluster["endpoint"] = { publicAccess: false, publicAccessCidrs: ["198.51.100.7/32"] }),
    [
      'cluster.endpoint.publicAccessCidrs (["198.51.100.7/32"]): has no effect on a private endpoint. Set publicAccess: true, or remove the CIDRs.',
    ],
  ],
  [
    "everyone, by explicit flag",
    (config) =>
      (config.cluster["endpoint"] = { publicAccess: true, publicAccessCidrs: ["0.0.0.0/0"], allowAnyCidr: true }),
    [],
  ],
  [
    "everyone in production, whatever the flag",
    (config) => {
      Object.assign(config, { production: true, state: { type: "s3", bucket: "team-state", region: "us-east-1" } });
      config.cluster["endpoint"] = { publicAccess: true, publicAccessCidrs: ["0.0.0.0/0"], allowAnyCidr: true };
    },
    [
      'cluster.endpoint.publicAccessCidrs (["0.0.0.0/0"]): production does not offer its API server to every address, whatever allowAnyCidr says. ' +
        "Name the networks that may connect, or set publicAccess: false.",
    ],
  ],
  [
    "one zone",
    (config) => (config.network["zones"] = ["us-east-1a"]),
    ['network.zones (["us-east-1a"]): must have at least 2 entries. Write 2 or more.'],
  ],
  [
    "a zone twice",
    (config) => (config.network["zones"] = ["us-east-1a", "us-east-1a"]),
    ['network.zones[1] ("us-east-1a"): must be listed once: EKS needs two different zones. Name another zone.'],
  ],
  [
    "fewer nodes than the minimum",
    (config) => Object.assign(config.nodes, { minSize: 2, desiredSize: 1 }),
    [
      "nodes.desiredSize (1): must not be below nodes.minSize (2). Set nodes.desiredSize to 2 or more, or nodes.minSize to 1 or less.",
    ],
  ],
  [
    "as many nodes as the bounds",
    (config) => Object.assign(config.nodes, { minSize: 2, desiredSize: 2, maxSize: 2 }),
    [],
  ],
  [
    "a region of another partition",
    (config) => Object.assign(config, { region: "cn-north-1" }),
    [
      'region ("cn-north-1"): must be a region of the standard AWS partition. Write one like "us-east-1".',
      'network.zones[0] ("us-east-1a"): must be a zone of region "cn-north-1". Write "cn-north-1a", or set CAREPATH_ZONES.',
      'network.zones[1] ("us-east-1b"): must be a zone of region "cn-north-1". Write "cn-north-1b", or set CAREPATH_ZONES.',
    ],
  ],
])("%s", (_, change, expected) => {
  expect(problems(change)).toEqual(expected);
});
