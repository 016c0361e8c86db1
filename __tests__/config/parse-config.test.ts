import { z } from "zod";

import { ConfigError } from "../../config/config-error";
import { demo } from "../../config/environments/demo";
import { parseConfig } from "../../config/parse-config";
import { appConfigSchema } from "../../config/schema";

/** The lines of the problems of demo after `change`; none when it is accepted. */
function problems(change: (config: Draft) => void): string[] {
  const config = structuredClone(demo) as unknown as Draft;
  change(config);
  return new ConfigError("test", parseConfig(config).problems).message.split("\n  - ").slice(1);
}

/** Sections may be filled with anything: that is what is tested. */
type Draft = Record<string, unknown> &
  Record<"network" | "cluster" | "nodes" | "chat" | "storage", Record<string, unknown>>;

it("reports every problem of a file at once, with path, value, rule and fix", () => {
  expect(
    problems((config) => {
      config.nodes["minSzie"] = 3;
      config.chat["replicas"] = 0;
      config.chat["image"] = { tag: "latest" };
      config.cluster["logRetentionDays"] = 31;
    }),
  ).toEqual([
    'nodes.minSzie (3): is not a known key. Did you mean "minSize"?',
    'chat.image.tag ("latest"): must be the tag of one version (letters, digits, dots, dashes, underscores), never latest: ' +
      'no rollback can return to that. Write a version such as "1.4.0".',
    "chat.replicas (0): must be a whole number from 1 to 100. Write a whole number from 1 to 100.",
    "cluster.logRetentionDays (31): must be a retention period that CloudWatch Logs accepts. Write one of 1, 3, 5, 7, 14, 30, " +
      "60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653.",
  ]);
});

it("gives back a configuration whose values are only out of bounds, and none where one is missing", () => {
  const { nodes, chat, ...rest } = demo as Extract<typeof demo, { target: "eks" }>;
  expect(parseConfig({ ...rest, nodes, chat: { ...chat, replicas: 0 } }).config?.chat.replicas).toBe(0);
  expect(parseConfig({ ...rest, nodes }).config).toBeUndefined();
});

it("says of what is missing what to write", () => {
  expect(
    problems((config) => {
      for (const key of ["cpuCores", "model", "apiKeys"]) Reflect.deleteProperty(config.chat, key);
      for (const key of ["zones", "natGateways"]) Reflect.deleteProperty(config.network, key);
      config.cluster["endpoint"] = {};
    }),
  ).toEqual([
    'chat.model (not set): is missing. Write model: { source: "catalogue", ... } or { source: "custom", ... } or { source: "hub", ... }.',
    "chat.cpuCores (not set): is missing. Write cpuCores: a whole number from 1 to 256.",
    'chat.apiKeys (not set): is missing. Write apiKeys: { source: "none", ... } or { source: "existing-secret", ... } or { source: "external-secret", ... } or { source: "terraform-variable", ... }.',
    "network.zones (not set): is missing. Write zones: a list of 2 to 3 entries.",
    'network.natGateways (not set): is missing. Write natGateways: "single" or "per-zone".',
    "cluster.endpoint.publicAccess (not set): is missing. Write publicAccess: true or false.",
  ]);
  expect(problems((config) => Reflect.deleteProperty(config, "chat"))).toEqual([
    "chat (not set): is missing. Write chat: { model, image, cpuCores, memoryMiB, apiKeys, ... }.",
  ]);
  expect(problems((config) => Reflect.deleteProperty(config, "region"))).toEqual([
    'region (not set): is missing. Set region. Write one like "us-east-1"; they are listed in planning/catalogue/aws-regions.ts.',
  ]);
});

it("says of what is missing in one form of a union what that form needs", () => {
  const custom = {
    source: "custom",
    url: "https://hub.example/m.gguf",
    bytes: 1,
    sha256: "a".repeat(64),
    licence: "mine",
  };
  expect(problems((config) => (config.chat["model"] = custom))).toEqual([
    "chat.model.id (not set): is missing. Write id: a text.",
    "chat.model.shape (not set): is missing. Write shape: { layers, keyValueHeads, headSize }.",
  ]);
});

it("knows what the entries of a map must be", () => {
  const existing = { vpcId: "vpc-0123456789abcdef0", subnets: { "us-east-1a": "subnet-0123456789abcdef0" } };
  expect(problems((config) => (config.network["existing"] = existing))).toContain(
    'network.existing.subnets.us-east-1a ("subnet-0123456789abcdef0"): must be { id, cidr }. Write { id, cidr }.',
  );
});

it("lists the choices, or names the one that was meant", () => {
  expect(
    problems((config) => {
      config.nodes["capacityType"] = "reserved";
      config.nodes["instanceType"] = "c7i.xlage";
      config["region"] = "us-eat-1";
      config.chat["model"] = { source: "catalogue", id: "gpt" };
      config.chat["apiKeys"] = { source: "file" };
    }),
  ).toEqual([
    'chat.model.id ("gpt"): must be a model of planning/catalogue/models.ts (qwen2.5-3b-instruct, qwen3-4b-thinking-2507, ' +
      "qwen2.5-1.5b-instruct, qwen2.5-0.5b-instruct, smollm2-135m-instruct). Choose one of these, or give the facts of your file " +
      'with source: "custom".',
    'chat.apiKeys.source ("file"): must be "none" or "existing-secret" or "external-secret" or "terraform-variable". ' +
      'Write "none" or "existing-secret" or "external-secret" or "terraform-variable".',
    'region ("us-eat-1"): must be a region of AWS (not of China). Did you mean "us-east-1"?',
    'nodes.instanceType ("c7i.xlage"): must be a type of planning/catalogue/instance-types.ts (families c7i, m7i, c7a, m7a, ' +
      'c8g, m8g, c7g, m7g, r5, t3), which knows its size and price. Did you mean "c7i.xlarge"?',
    'nodes.capacityType ("reserved"): must be "ON_DEMAND" or "SPOT". Write "ON_DEMAND" or "SPOT".',
  ]);
});

it("explains a key of another form", () => {
  expect(
    problems((config) => {
      config["kubeconfigPath"] = "./kubeconfig";
      config.chat["apiKeys"] = { source: "none", name: "chat-keys" };
      config.chat["unheardOf"] = true;
    }),
  ).toEqual([
    'chat.apiKeys.name ("chat-keys"): is a key of source: "existing-secret", and here source is "none". ' +
      'Remove it, or write source: "existing-secret".',
    expect.stringMatching(
      /^chat\.unheardOf \(true\): is not a known key\. Known here: namespace, .*logLevel\.$/,
    ) as string,
    'kubeconfigPath ("./kubeconfig"): is a key of target: "existing-cluster", and here target is "eks". ' +
      'Remove it, or write target: "existing-cluster".',
  ]);
});

it.each<[string, (config: Draft) => void, string[]]>([
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
    (config) => (config.cluster["endpoint"] = { publicAccess: true, publicAccessCidrs: ["52.94.236.248"] }),
    [
      'cluster.endpoint.publicAccessCidrs[0] ("52.94.236.248"): must be an IPv4 CIDR block. Did you mean "52.94.236.248/32"?',
    ],
  ],
  [
    "one zone",
    (config) => (config.network["zones"] = ["us-east-1a"]),
    ['network.zones (["us-east-1a"]): must be a list of 2 to 3 entries. Write a list of 2 to 3 entries.'],
  ],
  [
    "a region of another partition",
    (config) => Object.assign(config, { region: "cn-north-1" }),
    ['region ("cn-north-1"): must be a region of AWS (not of China). Did you mean "eu-north-1"?'],
  ],
  [
    "a fraction of a core",
    (config) => (config.chat["cpuCores"] = 2.5),
    [
      "chat.cpuCores (2.5): must be a whole number of cores, 1 or more: llama.cpp runs one thread a core, and a fraction of a core throttles all of them. Write 1, 2, 3 or more.",
    ],
  ],
  [
    "more iops than gp3 has",
    (config) => (config.storage = { iops: 80_001 }),
    ["storage.iops (80001): must be a whole number from 3000 to 80000. Write a whole number from 3000 to 80000."],
  ],
  [
    "an idle timeout that no load balancer takes",
    (config) =>
      (config.chat["exposure"] = {
        type: "load-balancer",
        scheme: "internal",
        sourceCidrs: [],
        idleTimeoutSeconds: 59,
      }),
    [
      "chat.exposure.sourceCidrs ([]): must be a list of at least 1 entry. Write a list of at least 1 entry.",
      "chat.exposure.idleTimeoutSeconds (59): must be a whole number from 60 to 6000. Write a whole number from 60 to 6000.",
    ],
  ],
  [
    "a selector that lets in every namespace",
    (config) => (config.chat["allowedNamespaceLabels"] = [{ team: "triage" }, {}]),
    [
      "chat.allowedNamespaceLabels[1] ({}): has no labels and would let in every namespace. Name a label of the namespaces that may call, or remove the entry.",
    ],
  ],
  ...["_x", "t".repeat(128)].map((tag): [string, (config: Draft) => void, string[]] => [
    `the tag ${tag}`,
    (config) => (config.chat["image"] = { tag }),
    [],
  ]),
  ...["Latest", ".hidden", "a b", "t".repeat(129)].map((tag): [string, (config: Draft) => void, string[]] => [
    `the tag ${tag}`,
    (config) => (config.chat["image"] = { tag }),
    [expect.stringMatching(/^chat\.image\.tag .* must be the tag of one version/) as string],
  ]),
  ...["registry.example/chat@sha256", "carepath-chat:1.4.0"].map(
    (repository): [string, (config: Draft) => void, string[]] => [
      `the repository ${repository}`,
      (config) => (config.chat["image"] = { repository, tag: "1.4.0" }),
      [
        `chat.image.repository ("${repository}"): must not contain a tag or digest. Put what follows the name into chat.image.tag or chat.image.digest.`,
      ],
    ],
  ),
])("%s", (_, change, expected) => {
  expect(problems(change)).toEqual(expected);
});

it("explains every setting, so that the reference can be generated from the schema", () => {
  const silent: string[] = [];
  const visit = (node: JsonSchema, path: string): void => {
    for (const form of node.oneOf ?? node.anyOf ?? []) visit(form, path);
    for (const [name, setting] of Object.entries(node.properties ?? {})) {
      if (setting.description === undefined) silent.push(`${path}${name}`);
      visit(setting, `${path}${name}.`);
    }
  };
  visit(z.toJSONSchema(appConfigSchema, { io: "input" }) as JsonSchema, "");
  expect(silent).toEqual([]);
});

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}
