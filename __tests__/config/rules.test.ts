import { assessEnvironment } from "../../config/assessment";
import { ConfigError } from "../../config/config-error";
import { ENVIRONMENTS } from "../../config/environments";
import { loadConfig } from "../../config/load";
import { type AppConfig, type AppConfigInput } from "../../config/schema";
import { eksConfig, existingClusterConfig } from "../helpers/sample-config";
import { ENVIRONMENT_VARIABLES } from "../helpers/synth-app";

const HTTPS: AppConfigInput["chat"]["exposure"] = {
  type: "https",
  host: "chat.example.com",
  hostedZoneId: "Z1",
  scheme: "internal",
  sourceCidrs: ["10.20.0.0/16"],
};
const KEYS = { source: "existing-secret", name: "chat-keys" } as const;
const BALANCER = { type: "load-balancer", scheme: "internal", sourceCidrs: ["10.0.0.0/8"] } as const;
const CONTROLLER = { ...BALANCER, sourceCidrs: ["10.0.0.0/8"], controller: "aws-load-balancer-controller" } as const;
const exposed = (exposure: object) => ({
  apiKeys: KEYS,
  exposure: { ...BALANCER, sourceCidrs: ["10.0.0.0/8"], ...exposure },
});
const S3 = { type: "s3", bucket: "states", region: "eu-central-1" } as const;
const NODES = { instanceType: "m7g.xlarge", capacityType: "ON_DEMAND" } as const;
const PER_REPLICA = { cache: { mode: "per-replica" } } as const;
const EXISTING_NETWORK = {
  zones: ["eu-central-1a", "eu-central-1b"],
  natGateways: "single" as const,
  existing: {
    vpcId: "vpc-1a",
    subnets: {
      "eu-central-1a": { id: "subnet-1a", cidr: "10.0.0.0/22" },
      "eu-central-1b": { id: "subnet-2b", cidr: "10.0.4.0/22" },
    },
  },
};
const endpoint = (value: object) => ({ cluster: { endpoint: { publicAccess: true, ...value } } });

/** The problems of a configuration, each as a user reads it. */
function problems(config: AppConfig): string[] {
  return new ConfigError("test", assessEnvironment(config).problems).message.split("\n  - ").slice(1);
}

it.each(Object.keys(ENVIRONMENTS))("%s keeps every rule", (name) => {
  const variables = ENVIRONMENT_VARIABLES[name];
  expect(() => loadConfig({ ...variables, CAREPATH_ENV: name, CAREPATH_IMAGE_TAG: "1.0.0" })).not.toThrow();
});

it.each<[string, AppConfig]>([
  [
    "several replicas with a volume each",
    eksConfig({ ...PER_REPLICA, replicas: 2 }, { nodes: { ...NODES, desiredSize: 2 } }),
  ],
  [
    "one more replica for the autoscaler",
    eksConfig({ ...PER_REPLICA, maxReplicas: 2 }, { nodes: { ...NODES, desiredSize: 2 } }),
  ],
  [
    "a node for each replica, added when it is needed",
    eksConfig({ ...PER_REPLICA, maxReplicas: 3 }, { nodes: { ...NODES, autoscaling: true, maxSize: 3 } }),
  ],
  ["as many threads as cores", eksConfig({ threads: 3 })],
  ["the longest answer that leaves room for a question", eksConfig({ maxTokens: 4095 })],
  ["as many nodes as the bounds", eksConfig({}, { nodes: { ...NODES, minSize: 2, desiredSize: 2, maxSize: 2 } })],
  ["a zone of the network", eksConfig({}, { nodes: { ...NODES, zone: "eu-central-1b" } })],
  ["a digest without a tag", eksConfig({ image: { digest: `sha256:${"a1".repeat(32)}` } })],
  ["the throughput that the iops carry", eksConfig({}, { storage: { throughputMiBps: 750 } })],
  ["the iops that the size carries", eksConfig({}, { storage: { iops: 7500 } })],
  [
    "consent to the licence in production",
    eksConfig(
      { apiKeys: KEYS, model: { source: "catalogue", id: "qwen2.5-3b-instruct" }, acceptLicense: true },
      { production: true, state: S3 },
    ),
  ],
  [
    "an open endpoint, by explicit flag",
    eksConfig({}, endpoint({ publicAccessCidrs: ["0.0.0.0/0"], allowAnyCidr: true })),
  ],
  [
    "HTTPS, in production",
    eksConfig(
      { apiKeys: KEYS, exposure: HTTPS, image: { digest: `sha256:${"a1".repeat(32)}` } },
      { production: true, state: S3 },
    ),
  ],
  ["a block that has the VPC and more", eksConfig(exposed({ sourceCidrs: ["10.0.0.0/8"] }))],
  ["the usual idle timeout on TLS", eksConfig(exposed({ certificateArn: "arn:aws:acm:eu-central-1:1:certificate/a" }))],
  [
    "an idle timeout of the controller",
    eksConfig({ apiKeys: KEYS, exposure: { ...CONTROLLER, sourceCidrs: ["10.0.0.0/8"], idleTimeoutSeconds: 60 } }),
  ],
  ["a heartbeat just below the idle timeout", eksConfig({ ...exposed({}), heartbeatSeconds: 349 })],
])("allows %s", (_, config) => {
  expect(problems(config)).toEqual([]);
});

it.each<[string, AppConfig, string | readonly string[]]>([
  [
    "local state in production",
    eksConfig({ apiKeys: KEYS }, { production: true }),
    'state.type ("local"): must be "s3" in production: a local state file can be lost, and two people could deploy at once without a lock. Set CAREPATH_STATE_BUCKET (`npm run bootstrap-state` creates the bucket).',
  ],
  [
    "local state with pull requests",
    eksConfig({}, { pullRequests: { githubRepository: "acme/chat" } }),
    'pullRequests.githubRepository ("acme/chat"): needs S3 state: the workflow of a pull request cannot read a state file on your machine. Set CAREPATH_STATE_BUCKET (`npm run bootstrap-state` creates the bucket), or remove pullRequests.',
  ],
  [
    "local state with deployments",
    eksConfig({}, { deployments: { githubRepository: "acme/chat", githubEnvironment: "demo" } }),
    'deployments.githubRepository ("acme/chat"): needs S3 state: the deploy workflow cannot read a state file on your machine. Set CAREPATH_STATE_BUCKET (`npm run bootstrap-state` creates the bucket), or remove deployments.',
  ],
  [
    "zones of another region",
    eksConfig({}, { network: { zones: ["eu-central-1a", "eu-west-1b"], natGateways: "single" } }),
    'network.zones (["eu-central-1a","eu-west-1b"]): must be zones of region "eu-central-1". Write zones: ["eu-central-1a", "eu-central-1b"], or set CAREPATH_ZONES.',
  ],
  [
    "a zone twice",
    eksConfig({}, { network: { zones: ["eu-central-1a", "eu-central-1a"], natGateways: "single" } }),
    'network.zones (["eu-central-1a","eu-central-1a"]): must be different from each other: EKS needs two zones. Name each zone once.',
  ],
  [
    "an existing network without a subnet in a zone",
    eksConfig(
      {},
      {
        network: {
          zones: ["eu-central-1a", "eu-central-1b"],
          natGateways: "single",
          existing: { vpcId: "vpc-1a", subnets: { "eu-central-1a": { id: "subnet-1a", cidr: "10.0.0.0/22" } } },
        },
      },
    ),
    'network.existing.subnets (["eu-central-1a"]): must have one subnet for each of network.zones (eu-central-1a, eu-central-1b). Add "eu-central-1b": { id: "subnet-...", cidr: "..." }.',
  ],
  [
    "HTTPS in an existing network without subnets for its load balancer",
    eksConfig(
      {
        apiKeys: KEYS,
        exposure: {
          type: "https",
          scheme: "internal",
          host: "chat.example.com",
          hostedZoneId: "Z0123456789ABCDEFGHIJ",
          sourceCidrs: ["192.168.0.0/16"],
        },
      },
      { network: EXISTING_NETWORK },
    ),
    'network.existing.loadBalancerSubnets ([]): must have subnets in two zones for an Application Load Balancer, apart from those of the nodes. Add "eu-central-1a": { id: "subnet-...", cidr: "..." }, "eu-central-1b": { id: "subnet-...", cidr: "..." }.',
  ],
  [
    "clients that are pods of an existing network",
    eksConfig(
      { ...exposed({}), exposure: { ...BALANCER, sourceCidrs: ["10.0.4.128/25"] } },
      { network: EXISTING_NETWORK },
    ),
    'chat.exposure.sourceCidrs (["10.0.4.128/25"]): has 10.0.4.128/25, addresses of the VPC (10.0.0.0/22, 10.0.4.0/22), which every pod of the cluster has as well: the NetworkPolicy would let them all in. Name networks outside of the VPC; pods get in by chat.allowedNamespaceLabels.',
  ],
  [
    "a public endpoint without networks",
    eksConfig({}, endpoint({})),
    'cluster.endpoint.publicAccessCidrs ([]): must name the networks that may reach a public API endpoint: without them EKS opens it to everyone. Run `export CAREPATH_API_CIDRS="$(curl -4fsS https://checkip.amazonaws.com)/32"` for your own address, or write publicAccess: false.',
  ],
  [
    "networks on a private endpoint",
    eksConfig({}, endpoint({ publicAccess: false, publicAccessCidrs: ["52.94.236.248/32"] })),
    'cluster.endpoint.publicAccessCidrs (["52.94.236.248/32"]): has no effect on a private endpoint. Write publicAccess: true, or remove publicAccessCidrs.',
  ],
  [
    "an address of the documentation on a public endpoint",
    eksConfig({}, endpoint({ publicAccessCidrs: ["203.0.113.7/32", "52.94.236.248/32"] })),
    'cluster.endpoint.publicAccessCidrs (["203.0.113.7/32","52.94.236.248/32"]): must be addresses of the internet, and 203.0.113.7/32 overlaps 203.0.113.0/24 (for documentation, RFC 5737): the cluster would be made and no one could reach it. Run `export CAREPATH_API_CIDRS="$(curl -4fsS https://checkip.amazonaws.com)/32"` for your own address, or write publicAccess: false.',
  ],
  [
    "private addresses on a public endpoint",
    eksConfig({}, endpoint({ publicAccessCidrs: ["10.0.0.0/8"] })),
    'cluster.endpoint.publicAccessCidrs (["10.0.0.0/8"]): must be addresses of the internet, and 10.0.0.0/8 overlaps 10.0.0.0/8 (private, RFC 1918): the cluster would be made and no one could reach it. Run `export CAREPATH_API_CIDRS="$(curl -4fsS https://checkip.amazonaws.com)/32"` for your own address, or write publicAccess: false.',
  ],
  [
    "an open endpoint",
    eksConfig({}, endpoint({ publicAccessCidrs: ["0.0.0.0/0"] })),
    'cluster.endpoint.publicAccessCidrs (["0.0.0.0/0"]): must not contain 0.0.0.0/0, which lets everyone try the API server. Name the networks that may connect, or write allowAnyCidr: true for a cluster that you will throw away.',
  ],
  [
    "an open endpoint in production, whatever the flag",
    eksConfig(
      { apiKeys: KEYS },
      { production: true, state: S3, ...endpoint({ publicAccessCidrs: ["0.0.0.0/0"], allowAnyCidr: true }) },
    ),
    'cluster.endpoint.publicAccessCidrs (["0.0.0.0/0"]): must not offer the API server of production to every address, whatever allowAnyCidr says. Name the networks that may connect, or write publicAccess: false.',
  ],
  [
    "fewer nodes than the minimum",
    eksConfig({}, { nodes: { ...NODES, minSize: 2 } }),
    "nodes.desiredSize (1): must not be below minSize (2). Write desiredSize: 2, or minSize: 1.",
  ],
  [
    "more nodes than the maximum",
    eksConfig({}, { nodes: { ...NODES, desiredSize: 3 } }),
    "nodes.desiredSize (3): must not be above maxSize (2). Write desiredSize: 2, or maxSize: 3.",
  ],
  [
    "a zone without subnet",
    eksConfig({}, { nodes: { ...NODES, zone: "eu-central-1c" } }),
    'nodes.zone ("eu-central-1c"): must be one of network.zones (eu-central-1a, eu-central-1b), where the subnets are. Write zone: "eu-central-1a", or remove it.',
  ],
  [
    "replicas without nodes",
    eksConfig({ ...PER_REPLICA, replicas: 3 }),
    "nodes.desiredSize (1): must hold 3 chat pods, and 1 x m7g.xlarge holds 1: the others would stay Pending, because nothing adds nodes without nodes.autoscaling. Write desiredSize: 3.",
  ],
  [
    "more throughput than the iops carry",
    eksConfig({}, { storage: { throughputMiBps: 751 } }),
    "storage.throughputMiBps (751): needs 3004 iops, and the volume has 3000: gp3 gives 0.25 MiB/s for each of them. Write iops: 3004, or throughputMiBps: 750.",
  ],
  [
    "more iops than the size carries",
    eksConfig({}, { storage: { iops: 7501 } }),
    "storage.iops (7501): is more than a gp3 volume of 15 GiB can have: 500 for each GiB. Write iops: 7500, or cache: { sizeGiB: 16 }.",
  ],
  [
    "a non-commercial model in production",
    eksConfig(
      { apiKeys: KEYS, model: { source: "catalogue", id: "qwen2.5-3b-instruct" } },
      { production: true, state: S3 },
    ),
    'chat.acceptLicense (false): must be true to use qwen2.5-3b-instruct in production: its licence (Qwen Research) forbids commercial use. Choose a model with a free licence, such as model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" } (Apache-2.0), or write acceptLicense: true if your use is permitted.',
  ],
  [
    "an image without a version",
    eksConfig({ image: {} }),
    "chat.image ({}): needs a digest or a tag, so that it is known which build runs. Run `npm run image` (its registry comes with `npm run deploy -- carepath-sample-cluster`), or set CAREPATH_IMAGE_DIGEST or CAREPATH_IMAGE_TAG.",
  ],
  [
    "an image of another registry without a version",
    eksConfig({ image: { repository: "ghcr.io/team/chat" } }),
    'chat.image ({"repository":"ghcr.io/team/chat"}): needs a digest or a tag, so that it is known which build runs. Set CAREPATH_IMAGE_DIGEST or CAREPATH_IMAGE_TAG.',
  ],
  [
    "an existing cluster without an image repository",
    existingClusterConfig({ image: { tag: "1.4.0" } }),
    'chat.image.repository (not set): is missing: on an existing cluster this project creates no image repository. Write image: { repository: "carepath-chat", ... } with the name of your image.',
  ],
  [
    "a model larger than the cache",
    eksConfig({ cache: { sizeGiB: 1 } }),
    "chat.cache.sizeGiB (1): must be at least 2: model 469 MiB + partial download of the next one 469 MiB + file system 139 MiB. Write cache: { sizeGiB: 2 }, or choose a smaller model.",
  ],
  [
    "several replicas on one volume",
    eksConfig({ replicas: 2 }, { nodes: { ...NODES, desiredSize: 2 } }),
    'chat.replicas (2): needs cache mode "per-replica": one ReadWriteOnce volume cannot serve several pods. Write cache: { mode: "per-replica" }, or replicas: 1.',
  ],
  [
    "an autoscaler on one volume",
    eksConfig({ maxReplicas: 2 }, { nodes: { ...NODES, desiredSize: 2 } }),
    'chat.maxReplicas (2): needs cache mode "per-replica": one ReadWriteOnce volume cannot serve several pods. Write cache: { mode: "per-replica" }, or remove maxReplicas.',
  ],
  [
    "an autoscaler that has nothing to add",
    eksConfig({ ...PER_REPLICA, replicas: 2, maxReplicas: 2 }, { nodes: { ...NODES, desiredSize: 2 } }),
    "chat.maxReplicas (2): must be more than replicas (2), the number that the autoscaler starts from. Write maxReplicas: 3, or remove it.",
  ],
  [
    "more threads than cores",
    eksConfig({ threads: 4 }),
    "chat.threads (4): must not be more than cpuCores (3): threads without their own core stall the others. Write threads: 3, or remove it.",
  ],
  [
    "an answer as long as the context",
    eksConfig({ maxTokens: 4096 }),
    "chat.maxTokens (4096): must be less than contextSize (4096), which holds the question as well. Write maxTokens: 2048.",
  ],
  [
    "a model larger than memory",
    eksConfig({ memoryMiB: 512, model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" } }),
    "chat.memoryMiB (512): must be at least 2071: weights 1066 + context 4096 x 2 slots 224 + kept conversations 256 + runtime 183 + headroom 342 MiB, or the kernel kills the container. Write memoryMiB: 2071, or lower contextSize, parallelSlots or stateCacheMiB, or choose a smaller model.",
  ],
  [
    "a model larger than memory, with conversations on the volume",
    eksConfig({
      memoryMiB: 512,
      model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" },
      stateCacheOnVolume: true,
    }),
    "chat.memoryMiB (512): must be at least 1803: weights 1066 + context 4096 x 2 slots 224 + runtime 183 + headroom 330 MiB, or the kernel kills the container. Write memoryMiB: 1803, or lower contextSize, parallelSlots or stateCacheMiB, or choose a smaller model.",
  ],
  [
    "conversations on a volume that has no room for them",
    eksConfig({ stateCacheMiB: 0, stateCacheOnVolume: true }),
    "chat.stateCacheOnVolume (true): needs room for conversations, and stateCacheMiB is 0. Write stateCacheMiB: 256, or remove stateCacheOnVolume.",
  ],
  [
    "more conversations than the volume holds",
    eksConfig({ stateCacheMiB: 20_000, stateCacheOnVolume: true }),
    "chat.cache.sizeGiB (15): must be at least 23: model 469 MiB + partial download of the next one 469 MiB + kept conversations 19.53 GiB + file system 1.61 GiB. Write cache: { sizeGiB: 23 }, or choose a smaller model.",
  ],
  [
    "story 3: two cores on the r5.large of the story, which has two",
    eksConfig({ cpuCores: 2 }, { nodes: { ...NODES, instanceType: "r5.large" } }),
    'chat.cpuCores (2): must fit r5.large: of 2000m, EKS leaves 1930m and the system pods take up to 600m, so 1330m are free. Write cpuCores: 1, or choose nodes: { instanceType: "r5.xlarge" }.',
  ],
  [
    "a pod with too much memory for its node",
    eksConfig({ memoryMiB: 16_000 }),
    'chat.memoryMiB (16000): must fit m7g.xlarge: of 16384 MiB, EKS leaves 14103 and the system pods take up to 940, so 13163 MiB are free. Choose nodes: { instanceType: "m7g.2xlarge" }.',
  ],
  [
    "an idle timeout that the in-tree controller does not set",
    eksConfig(exposed({ idleTimeoutSeconds: 351 })),
    'chat.exposure.idleTimeoutSeconds (351): cannot be set by the in-tree controller, which leaves 350. Remove it, or install the AWS Load Balancer Controller and write controller: "aws-load-balancer-controller".',
  ],
  [
    "an idle timeout on a TLS listener",
    eksConfig(
      exposed({ ...CONTROLLER, idleTimeoutSeconds: 600, certificateArn: "arn:aws:acm:eu-central-1:1:certificate/a" }),
    ),
    "chat.exposure.idleTimeoutSeconds (600): cannot be set on a TLS listener, which always has 350. Remove idleTimeoutSeconds.",
  ],
  [
    "a heartbeat at the idle timeout",
    eksConfig({ ...exposed({}), heartbeatSeconds: 350 }),
    "chat.heartbeatSeconds (350): must be less than the idle timeout of the load balancer (350 s), which closes a silent stream. Write heartbeatSeconds: 88.",
  ],
  [
    "more replicas than the Cluster Autoscaler may add nodes for",
    eksConfig({ ...PER_REPLICA, maxReplicas: 4 }, { nodes: { ...NODES, autoscaling: true, maxSize: 3 } }),
    "nodes.maxSize (3): must hold 4 chat pods, and 3 x m7g.xlarge hold 3: the others would stay Pending, because no more nodes are added. Write maxSize: 4.",
  ],
  [
    "a Cluster Autoscaler without room",
    eksConfig({}, { nodes: { ...NODES, autoscaling: true, minSize: 2, desiredSize: 2, maxSize: 2 } }),
    "nodes.maxSize (2): must be more than minSize (2), or the Cluster Autoscaler has nothing to do. Write maxSize: 3, or autoscaling: false.",
  ],
  [
    "HTTPS without its host, certificate and clients",
    eksConfig({ apiKeys: KEYS, exposure: { type: "https", scheme: "internal" } }),
    [
      "chat.exposure.host (not set): is missing: a certificate is for a name. Set CAREPATH_HOST to the DNS name of the service, e.g. chat.example.com.",
      "chat.exposure.certificateArn (not set): is missing, and so is hostedZoneId, with which a certificate would be made: HTTPS needs one of them. Set CAREPATH_HOSTED_ZONE_ID to the Route 53 zone of the host, or CAREPATH_CERTIFICATE_ARN.",
      "chat.exposure.sourceCidrs ([]): must name the networks that may connect: without them the load balancer is open to everyone. Set CAREPATH_SOURCE_CIDRS to the networks of the users, or to 0.0.0.0/0 where everyone may.",
    ],
  ],
  [
    "HTTPS on a cluster whose subnets are not known",
    existingClusterConfig({ apiKeys: KEYS, exposure: HTTPS }),
    'chat.exposure.type ("https"): needs a cluster of this project, whose platform stack installs the controller and whose subnets are known. Write exposure: { type: "cluster-ip" } and route to the Service with the ingress of the cluster.',
  ],
  [
    "plain HTTP behind a load balancer in production",
    eksConfig(exposed({}), { production: true, state: S3 }),
    'chat.exposure.type ("load-balancer"): without a certificate would send API keys and questions of production in clear text. Write exposure: { type: "https", host: "chat.example.com", hostedZoneId: "Z...", scheme: "internal", sourceCidrs: ["10.0.0.0/8"] }, or add certificateArn.',
  ],
  [
    "clients of a load balancer with the addresses of pods",
    eksConfig(exposed({ sourceCidrs: ["192.0.2.0/24", "10.20.128.0/20"] })),
    'chat.exposure.sourceCidrs (["192.0.2.0/24","10.20.128.0/20"]): has 10.20.128.0/20, addresses of the VPC (10.20.0.0/16), which every pod of the cluster has as well: the NetworkPolicy would let them all in. Name networks outside of the VPC; pods get in by chat.allowedNamespaceLabels.',
  ],
  [
    "a heartbeat at the idle timeout of HTTPS",
    eksConfig({ apiKeys: KEYS, exposure: HTTPS, requestTimeoutSeconds: 50, heartbeatSeconds: 60 }),
    "chat.heartbeatSeconds (60): must be less than the idle timeout of the load balancer (60 s), which closes a silent stream. Write heartbeatSeconds: 15.",
  ],
  [
    "a load balancer without keys",
    eksConfig({ ...exposed({}), apiKeys: { source: "none" } }),
    'chat.apiKeys.source ("none"): leaves a load balancer without API keys: everyone who reaches it could use the model. Write apiKeys: { source: "existing-secret", name: "chat-keys" }, or apiKeys: { source: "terraform-variable" }.',
  ],
  [
    "production without keys",
    eksConfig({}, { production: true, state: S3 }),
    'chat.apiKeys.source ("none"): leaves production without API keys: every pod that the network policy lets through could use the model. Write apiKeys: { source: "existing-secret", name: "chat-keys" }, or apiKeys: { source: "terraform-variable" }.',
  ],
  [
    "keys that a pull request could read",
    eksConfig({ apiKeys: { source: "terraform-variable" } }, { state: S3, pullRequests: { githubRepository: "a/b" } }),
    'chat.apiKeys.source ("terraform-variable"): would let every pull request read the API keys: a diff reads the Secret that Terraform writes. Write apiKeys: { source: "existing-secret", name: "chat-keys" }, or remove pullRequests (CAREPATH_GITHUB_REPOSITORY).',
  ],
])("refuses %s", (_, config, expected) => {
  expect(problems(config)).toEqual([expected].flat());
});

it("refuses answers that take longer than the service drains", () => {
  // A 16th of a slow core for each answer.
  const slow = (requestTimeoutSeconds: number, timing = {}) =>
    problems(
      eksConfig({
        contextSize: 65_536,
        maxTokens: 32_768,
        parallelSlots: 16,
        cpuCores: 1,
        memoryMiB: 100_000,
        requestTimeoutSeconds,
        timing,
      }),
    ).filter((problem) => /chat\.(requestTimeoutSeconds|timing)/.test(problem));
  expect(slow(3600)).toEqual([]);
  const expected = [
    "chat.requestTimeoutSeconds (3601): lets an answer of 32768 tokens take 3601 s at the slowest speed, and the service " +
      "drains for 3600 s at most: an update would cut it off. Write requestTimeoutSeconds: 3600.",
  ];
  expect(slow(3601)).toEqual(expected);
  // No advice to write a drain that the schema refuses.
  expect(slow(3601, { drainSeconds: 3600 })).toEqual(expected);
});

it.each([
  ["startupWindowSeconds", "the worst cold start takes"],
  ["progressDeadlineSeconds", "the old pod's grace, scheduling and image pull"],
  ["terraformTimeoutSeconds", "more than the progress deadline of"],
  ["drainSeconds", "the longest answer takes"],
  ["terminationGraceSeconds", "to close, or the kubelet kills the last answers"],
] as const)("accepts %s at the limit of the time budget and refuses one second less", (key, reason) => {
  const limit = assessEnvironment(eksConfig()).budget.minimum[key];
  expect(problems(eksConfig({ timing: { [key]: limit } }))).toEqual([]);
  const [problem = "", ...others] = problems(eksConfig({ timing: { [key]: limit - 1 } }));
  expect(others).toEqual([]);
  expect(problem).toContain(`chat.timing.${key} (${limit - 1}): must be at least ${limit}: `);
  expect(problem).toContain(reason);
  expect(problem).toContain(`Write ${key}: ${limit}, or remove it.`);
});

it("judges a deadline by the window that is overridden with it", () => {
  const { progressDeadlineSeconds } = assessEnvironment(eksConfig()).budget;
  const timing = { startupWindowSeconds: 1000, progressDeadlineSeconds };
  expect(problems(eksConfig({ timing }))).toEqual([expect.stringContaining("chat.timing.progressDeadlineSeconds")]);
});
