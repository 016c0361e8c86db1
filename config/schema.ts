/**
 * The one typed configuration of an environment.
 *
 * `AppConfig` is what the stacks receive: complete, checked, every default applied. Environments are written as
 * `AppConfigInput`, where everything with a default may be left out. Unknown keys are errors. Bounds of single values stand
 * here; rules between values stand in `config/rules/`. docs/configuration.md is generated from this file.
 */
import { z } from "zod";

import { GP3 } from "../planning/catalogue/gp3";
import { NLB_IDLE_TIMEOUT } from "../planning/catalogue/load-balancer";
import { DEFAULTS, LONGEST_DRAIN_SECONDS } from "../service/src/contract";
import {
  availabilityZone,
  awsRegion,
  bucketName,
  catalogueModelId,
  certificateArn,
  cidrBlock,
  dnsLabel,
  ec2GpuInstanceType,
  ec2InstanceType,
  environmentName,
  hostName,
  hostedZoneId,
  hubRepository,
  hubRevision,
  imageDigest,
  imageRepository,
  imageTag,
  keyPrefix,
  kmsKeyArn,
  kubernetesVersion,
  logRetentionDays,
  oidcProviderArn,
  positiveInteger,
  principalArn,
  repositoryOnGithub,
  sha256,
  subnetId,
  url,
  vpcCidr,
  webAclArn,
  vpcId,
  wholeNumber,
} from "./fields";

const stateSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z
      .literal("local")
      .describe("A file beside the output folder: one person, one laptop. Refused in production."),
  }),
  z.strictObject({
    type: z.literal("s3").describe("An S3 bucket with a native lock file (`use_lockfile`)."),
    bucket: bucketName.describe("Name of the bucket; it must exist (`npm run bootstrap-state`)."),
    region: awsRegion.describe("AWS region of the bucket."),
    keyPrefix: keyPrefix.default("carepath-chat").describe("Prefix of the state keys."),
    kmsKeyArn: z
      .string()
      .optional()
      .describe("ARN of the KMS key that encrypts the state. Without it, the bucket's own default encryption."),
  }),
]);

const subnetsByZone = z
  .record(
    availabilityZone,
    z.strictObject({
      id: subnetId.describe("Id of the subnet."),
      cidr: cidrBlock.describe(
        "Its CIDR block; NetworkPolicies are written with it, and `npm run doctor` compares it.",
      ),
    }),
  )
  .meta({ key: "ZONE" });

const existingNetworkSchema = z.strictObject({
  vpcId: vpcId.describe("Id of the VPC."),
  subnets: subnetsByZone.describe(
    "Subnet of the nodes in each of `network.zones`, with a way out (NAT or a transit gateway).",
  ),
  loadBalancerSubnets: subnetsByZone
    .default({})
    .describe("Subnet of the load balancer in each zone; needed with exposure `https`. No pods may be in them."),
});

const networkSchema = z.strictObject({
  existing: existingNetworkSchema
    .optional()
    .describe(
      "A VPC that is there already, instead of one that the cluster stack makes: nothing of it is changed, `vpcCidr`, " +
        "`natGateways` and `flowLogRetentionDays` have no effect, and `npm run doctor` checks what the owner must provide.",
    ),
  vpcCidr: vpcCidr.default("10.20.0.0/16").describe("CIDR block of the VPC."),
  zones: z
    .array(availabilityZone)
    .min(2)
    .max(3)
    .describe('Availability zones, e.g. ["us-east-1a", "us-east-1b"]. EKS needs two.'),
  natGateways: z
    .enum(["single", "per-zone"])
    .describe("`single` is cheaper, `per-zone` has one in each zone with nodes and survives the loss of a zone."),
  flowLogRetentionDays: logRetentionDays.default(30).describe("Days that VPC flow logs are kept."),
});

const clusterSchema = z.strictObject({
  kubernetesVersion: kubernetesVersion.default("1.35").describe("Kubernetes minor version."),
  endpoint: z
    .strictObject({
      publicAccess: z.boolean().describe("Whether the API server has a public address."),
      publicAccessCidrs: z
        .array(cidrBlock)
        .max(40)
        .default([])
        .describe("CIDRs that may reach the public address (EKS allows 40); required with `publicAccess`."),
      allowAnyCidr: z
        .boolean()
        .default(false)
        .describe("Permits 0.0.0.0/0 above. Only for a throw-away cluster: anyone may then try the API server."),
      deployFromInside: z
        .boolean()
        .default(false)
        .describe(
          "States that whoever deploys reaches the private address: over a VPN, a peered network or from a machine in the " +
            "VPC. Without it, `doctor` and `deploy` refuse a private endpoint in a VPC that the deploy makes.",
        ),
    })
    .describe("Address of the Kubernetes API."),
  adminPrincipalArns: z
    .array(principalArn)
    .default([])
    .describe("IAM principals (roles or users) that become cluster administrators besides the creator."),
  logRetentionDays: logRetentionDays.default(30).describe("Days that control-plane logs are kept."),
  deletionProtection: z.boolean().default(false).describe("Refuses `destroy` of the cluster until it is switched off."),
});

const pullRequestsSchema = z.strictObject({
  githubRepository: repositoryOnGithub.describe(
    "Repository whose pull requests may diff this environment: `owner/name`, or `owner@id/name@id` for a repository that " +
      "was created, renamed or transferred on or after 15 July 2026 or has opted in to such subjects. `npm run doctor` " +
      "prints the command that shows the ids. The cluster stack creates a read-only role for them, output " +
      "`diff_role_arn`. Needs S3 state.",
  ),
  oidcProviderArn: oidcProviderArn
    .optional()
    .describe(
      "The account's identity provider for GitHub's tokens, where it has one already. Otherwise one is created.",
    ),
});

const deploymentsSchema = z.strictObject({
  githubRepository: repositoryOnGithub.describe(
    "Repository whose deploy workflow may deploy the chat stack, as in `pullRequests`. The cluster stack creates a role for " +
      "it, output `deploy_role_arn`. Needs S3 state.",
  ),
  githubEnvironment: z
    .string()
    .regex(/^[\w-]{1,255}$/)
    .meta({
      rule: "must be a name of letters, digits, - and _",
      fix: 'Write the name of the environment on GitHub, like "production"',
    })
    .describe("Environment on GitHub whose jobs may take the role; its rules say who approves a deploy."),
  oidcProviderArn: oidcProviderArn
    .optional()
    .describe("As in `pullRequests`; where both are set, one provider serves both."),
});

const modelMirrorSchema = z.strictObject({
  bucket: dnsLabel()
    .min(3)
    .describe(
      "Name of the bucket, which no other account may have. `npm run model -- mirror` fills it, and the pods download from " +
        "it unless `chat.modelBaseUrl` names another mirror.",
    ),
});

const nodeGroupSchema = z.strictObject({
  instanceType: ec2InstanceType.describe("EC2 instance type; its architecture decides x86 or Graviton."),
  capacityType: z
    .enum(["ON_DEMAND", "SPOT"])
    .describe(
      "`SPOT` costs about half, takes any type of the same size, and AWS may take the node back with two minutes' notice. A " +
        "change replaces all nodes at once, and so does another instance type of SPOT; on demand, nodes go one by one.",
    ),
  zone: availabilityZone
    .optional()
    .describe(
      "The one zone of the nodes. Otherwise the first of `network.zones` with a shared cache, because an EBS volume " +
        "cannot leave its zone, and every zone with a cache for each replica. A change moves the nodes, and no volume.",
    ),
  minSize: wholeNumber(0, 100).default(1).describe("Fewest nodes, all zones together."),
  desiredSize: wholeNumber(1, 100)
    .default(1)
    .describe("Nodes that are started; with `autoscaling` their number is the Cluster Autoscaler's afterwards."),
  maxSize: wholeNumber(1, 100).default(2).describe("Most nodes."),
  autoscaling: z
    .boolean()
    .default(false)
    .describe("Whether the Cluster Autoscaler adds and removes nodes between `minSize` and `maxSize`."),
  diskGiB: wholeNumber(20, 1000).default(40).describe("Root volume in GiB."),
  exclusiveCores: z
    .boolean()
    .default(false)
    .describe(
      "Whether no other pod and no service of the node runs on the cores of a chat pod (the kubelet's static CPU manager). " +
        "Changing it replaces the nodes.",
    ),
});

const storageSchema = z.strictObject({
  className: z
    .string()
    .default("gp3")
    .describe(
      "Name of the StorageClass: created by the platform stack on EKS, expected to exist on an existing cluster.",
    ),
  iops: wholeNumber(GP3.baselineIops, GP3.maximumIops)
    .default(GP3.baselineIops)
    .describe("Input and output operations a second of a volume; the default is included in the price of gp3."),
  throughputMiBps: wholeNumber(GP3.baselineThroughputMiBps, GP3.maximumThroughputMiBps)
    .default(GP3.baselineThroughputMiBps)
    .describe("gp3 throughput in MiB/s; the default is included in the price."),
  kmsKeyArn: kmsKeyArn
    .optional()
    .describe(
      "KMS key of the volumes of caches and nodes, on EKS; the cluster stack gives EC2 Auto Scaling and the storage driver " +
        "their grants. Otherwise the account's default key for EBS, which must then be the one of AWS.",
    ),
});

/** The shape of a model, each number with the place where it is found. */
function shapeSchema(layers: string, keyValueHeads: string, headSize: string) {
  return z.strictObject({
    layers: positiveInteger.describe(layers),
    keyValueHeads: positiveInteger.describe(keyValueHeads),
    headSize: positiveInteger.describe(headSize),
  });
}

const licence = z.string().describe("Name of the licence, for the refusal that asks you to accept it.");
const nonCommercial = z.boolean().default(false).describe("True when the licence forbids commercial use.");

const engineSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("llama.cpp").describe("The service of this repository, on CPUs.") }),
  z.strictObject({
    type: z
      .literal("vllm")
      .describe(
        "vLLM on GPU nodes, by the Helm chart of its production stack, instead of the service of this repository; " +
          "docs/scaling.md says what changes. `nodes` then has the controllers of the cluster only. Without effect: `threads`, " +
          "`threadsFollow`, `stepTargetMs`, `promptPiece`, `stateCacheMiB`, `heartbeatSeconds`, `engineStallSeconds`, `logLevel`.",
      ),
    instanceType: ec2GpuInstanceType.describe("EC2 instance type of the GPU nodes; each replica has a node."),
    diskGiB: wholeNumber(60, 1000)
      .default(100)
      .describe("Root volume of a GPU node in GiB: the image, of which a node unpacks 20 GiB, and the model."),
    toolCallParser: z
      .string()
      .regex(/^\w+$/)
      .meta({ rule: "must be the name of a parser of vLLM", fix: 'Write one like "hermes", or remove it' })
      .optional()
      .describe("vLLM's parser for the tool calls of the model. Without it, clients cannot offer tools."),
  }),
]);

const modelSchema = z.discriminatedUnion("source", [
  z.strictObject({
    source: z.literal("catalogue").describe("A model of `planning/catalogue/models.ts`, by id."),
    id: catalogueModelId.describe("Id in the catalogue."),
  }),
  z.strictObject({
    source: z
      .literal("custom")
      .describe("Your own GGUF file. URL, bytes and sha256 are required: they are what the service verifies."),
    id: z.string().describe("Name under which the API offers the model."),
    url: url.describe("Where the file is downloaded from."),
    bytes: positiveInteger.describe("Exact size of the file."),
    sha256: sha256.describe("Checksum of the file."),
    licence,
    nonCommercial,
    shape: shapeSchema(
      "`<architecture>.block_count` of the GGUF header.",
      "`<architecture>.attention.head_count_kv` of the GGUF header.",
      "`<architecture>.attention.key_length` of the GGUF header, or embedding length by head count.",
    ).describe("Shape of the model for the memory plan; `npm run describe-model` reads it from the GGUF header."),
  }),
  z.strictObject({
    source: z.literal("hub").describe("A repository of the Hugging Face hub, for the engine `vllm`."),
    id: z.string().describe("Name under which the API offers the model."),
    repository: hubRepository.describe("Repository with its owner."),
    revision: hubRevision.describe("Commit of the repository: it pins weights, tokenizer and templates."),
    bytes: positiveInteger.describe("Size of its weights: the start and the memory are planned with it."),
    licence,
    nonCommercial,
    shape: shapeSchema(
      "`num_hidden_layers` of config.json.",
      "`num_key_value_heads` of config.json.",
      "`head_dim` of config.json, or `hidden_size` by `num_attention_heads`.",
    ).describe("Shape of the model for the memory plan; read it from the config.json of the repository."),
  }),
]);

const exposureSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("cluster-ip").describe("Reachable inside the cluster and by `kubectl port-forward` only."),
  }),
  z.strictObject({
    type: z.literal("load-balancer").describe("A Network Load Balancer; needs API keys."),
    scheme: z
      .enum(["internal", "internet-facing"])
      .describe("Whether the load balancer has private addresses or public ones."),
    sourceCidrs: z.array(cidrBlock).min(1).describe('CIDRs that may connect. For everyone, write ["0.0.0.0/0"].'),
    idleTimeoutSeconds: wholeNumber(NLB_IDLE_TIMEOUT.minimum, NLB_IDLE_TIMEOUT.maximum)
      .default(NLB_IDLE_TIMEOUT.default)
      .describe(
        "Idle timeout in seconds; must be longer than the SSE heartbeat. The default is that of a Network Load Balancer; " +
          "only the AWS Load Balancer Controller can change it, and only without a certificate.",
      ),
    controller: z
      .enum(["in-tree", "aws-load-balancer-controller"])
      .default("in-tree")
      .describe(
        "What makes the load balancer: the controller that every EKS cluster has (`in-tree`), or the AWS Load Balancer " +
          "Controller, which you install yourself.",
      ),
    certificateArn: certificateArn
      .optional()
      .describe("Certificate (ACM) of a TLS listener; without one the API keys travel in clear text."),
  }),
  z.strictObject({
    type: z
      .literal("https")
      .describe("HTTPS by an Application Load Balancer; the platform stack installs the controller that makes it."),
    host: hostName.optional().describe("DNS name of the service; required."),
    certificateArn: certificateArn
      .optional()
      .describe("Certificate (ACM) of the host. Without it, `hostedZoneId` makes one."),
    hostedZoneId: hostedZoneId
      .optional()
      .describe(
        "Zone of Route 53 that holds the host: the chat stack makes the certificate and the record there. With a " +
          "`certificateArn` it makes the record only.",
      ),
    scheme: z
      .enum(["internal", "internet-facing"])
      .describe("Whether the load balancer has private addresses or public ones."),
    sourceCidrs: z
      .array(cidrBlock)
      .default([])
      .describe('CIDRs that may connect; required. For everyone, write ["0.0.0.0/0"].'),
    wafAclArn: webAclArn.optional().describe("Web ACL of AWS WAF in front of the load balancer."),
    accessLogs: z
      .strictObject({
        bucket: bucketName.describe(
          "Bucket in the same region, encrypted with keys of S3, whose policy lets the load balancers of the region write.",
        ),
        prefix: keyPrefix.optional().describe("Prefix of the logs in the bucket."),
      })
      .optional()
      .describe("A line for each request, in S3. Without it there is none."),
  }),
]);

const apiKeysSchema = z.discriminatedUnion("source", [
  z.strictObject({
    source: z
      .literal("none")
      .describe("No keys: anyone who can reach the pod may ask. Only behind ClusterIP, never in production."),
  }),
  z.strictObject({
    source: z
      .literal("existing-secret")
      .describe("A Secret that exists already in the namespace, with the API keys under `keys`, one a line."),
    name: z.string().describe("Name of the Secret."),
  }),
  z.strictObject({
    source: z
      .literal("external-secret")
      .describe("A Secret that the External Secrets Operator, which must be installed, copies from a store of yours."),
    name: z.string().describe("Name of the Secret that it makes."),
    store: z
      .strictObject({
        kind: z
          .enum(["ClusterSecretStore", "SecretStore"])
          .default("ClusterSecretStore")
          .describe("Kind of the store."),
        name: z.string().describe("Name of the store."),
      })
      .describe("The store that it reads from."),
    remoteKey: z.string().describe("Name of the secret in the store; its value has the API keys, one a line."),
    property: z.string().optional().describe("Field of the value, where the value is a JSON object."),
  }),
  z.strictObject({
    source: z
      .literal("terraform-variable")
      .describe("The sensitive Terraform variable `chat_api_keys`, written through the write-only attribute."),
    revision: positiveInteger
      .default(1)
      .describe(
        "Raise it by one when the keys have changed: Terraform cannot see it, and sends them with a new revision.",
      ),
  }),
]);

const timingSchema = z.strictObject({
  startupWindowSeconds: wholeNumber(10, 86_400)
    .optional()
    .describe("Time that the startup probe gives download and load together."),
  progressDeadlineSeconds: wholeNumber(10, 86_400)
    .optional()
    .describe("Time without progress after which Kubernetes calls a rollout failed."),
  terraformTimeoutSeconds: wholeNumber(60, 86_400).optional().describe("Time that Terraform waits for a rollout."),
  drainSeconds: wholeNumber(1, LONGEST_DRAIN_SECONDS)
    .optional()
    .describe("Time that running answers get after SIGTERM."),
  terminationGraceSeconds: wholeNumber(1, 7200)
    .optional()
    .describe("Time between the pod's deletion and SIGKILL; longer than the preStop wait and the drain together."),
});

const chatSchema = z.strictObject({
  namespace: dnsLabel().default("carepath-demo").describe("Namespace of everything in the chat stack."),
  createNamespace: z
    .boolean()
    .default(true)
    .describe(
      "Whether the namespace is created: by the platform stack where it must hold a Secret with API keys before the pods " +
        "start, otherwise by the chat stack. False where it exists already; its owner then sets its labels.",
    ),
  name: dnsLabel(40).default("chat-api").describe("Name of the workload, Service and labels."),
  engine: engineSchema.default({ type: "llama.cpp" }).describe("What runs the model."),
  model: modelSchema.describe("The model that the service runs."),
  modelBaseUrl: url
    .optional()
    .describe(
      "Base URL of a mirror of the model hub that serves the same paths. Otherwise the host of the model's URL.",
    ),
  modelAliases: z
    .array(
      z
        .string()
        .regex(/^[!-+\--~]{1,128}$/)
        .meta({
          rule: "must be 1 to 128 printable ASCII characters without spaces and commas",
          fix: 'Write a name such as "gpt-4o-mini", or remove the entry',
        }),
    )
    .default([])
    .describe(
      "Other names under which clients may ask for the model, such as `gpt-4o-mini`. Any further name is answered 404.",
    ),
  acceptLicense: z
    .boolean()
    .default(false)
    .describe("Confirms that you may use a model whose licence forbids commercial use."),
  image: z
    .strictObject({
      repository: imageRepository
        .optional()
        .describe("Repository without tag. Otherwise the ECR repository of the cluster stack."),
      tag: imageTag.optional().describe("Tag of the image, never `latest`."),
      digest: imageDigest.optional().describe("Digest of the image, `sha256:...`; wins over the tag."),
    })
    .describe("The image of the service; needs a tag or a digest."),
  cache: z
    .strictObject({
      mode: z
        .enum(["shared", "per-replica"])
        .default("shared")
        .describe(
          "`shared`: one volume, one replica, Recreate. `per-replica`: a StatefulSet with a volume for each replica.",
        ),
      sizeGiB: wholeNumber(1, 16_384)
        .default(15)
        .describe("Size of a cache volume in GiB; it can grow later, never shrink."),
    })
    .prefault({})
    .describe("The volume that keeps the model."),
  replicas: wholeNumber(1, 100).default(1).describe("Pods; more than one needs `per-replica`."),
  maxReplicas: wholeNumber(2, 100)
    .optional()
    .describe(
      "Adds replicas up to this number while slots are busy or requests wait; needs `per-replica`. By KEDA, which the " +
        "platform stack installs, and which must be there on an existing cluster.",
    ),
  cpuCores: wholeNumber(1, 256)
    .meta({
      rule: "must be a whole number of cores, 1 or more: llama.cpp runs one thread a core, and a fraction of a core throttles all of them",
      fix: "Write 1, 2, 3 or more",
    })
    .describe("Whole cores, request = limit: the thread count follows from it."),
  memoryMiB: wholeNumber(256, 1_048_576).describe("Memory in MiB, request = limit."),
  contextSize: wholeNumber(256, 131_072)
    .default(DEFAULTS.contextSize)
    .describe("Tokens of context for each slot: question, history and answer together."),
  parallelSlots: wholeNumber(1, 16)
    .default(DEFAULTS.parallelSlots)
    .describe("Answers that are generated at the same time; each slot takes memory for its context."),
  maxQueue: wholeNumber(0, 1000)
    .default(DEFAULTS.maxQueue)
    .describe("Requests that may wait for a slot; one more is answered 429."),
  maxTokens: wholeNumber(1, 32_768).default(DEFAULTS.maxTokens).describe("Longest answer in tokens."),
  requestTimeoutSeconds: wholeNumber(1, 86_400)
    .default(DEFAULTS.requestTimeoutSeconds)
    .describe("Deadline of a request in seconds, waiting included."),
  heartbeatSeconds: wholeNumber(1, 3600)
    .default(DEFAULTS.heartbeatSeconds)
    .describe("Interval of the comment that keeps an idle stream open; shorter than every idle timeout on the way."),
  engineStallSeconds: wholeNumber(10, 3600)
    .default(DEFAULTS.engineStallSeconds)
    .describe("`/health` fails when an admitted request made no progress for this long."),
  threads: wholeNumber(1, 256).optional().describe("Threads of llama.cpp. Otherwise `cpuCores`."),
  threadsFollow: z
    .boolean()
    .default(true)
    .describe("Fewer threads while neighbours use the cores, and all of them again when they have gone."),
  stepTargetMs: wholeNumber(50, 60_000)
    .default(DEFAULTS.stepTargetMs)
    .describe(
      "What a running answer may wait for its next token while another prompt is read, milliseconds; more where 8 tokens of the prompt take longer.",
    ),
  promptPiece: wholeNumber(1, 64)
    .optional()
    .describe(
      "Reads every prompt in pieces of so many tokens, so that the same prompt is always computed the same way. Otherwise " +
        "the pieces follow the measured speed, which is faster.",
    ),
  stateCacheMiB: wholeNumber(0, 65_536)
    .default(DEFAULTS.stateCacheMiB)
    .describe(
      "Conversations that are kept when another takes their slot, in MiB of memory; a token of a 3B model takes 36 KiB. 0 " +
        "keeps none: the next question of such a conversation then reads all of it again.",
    ),
  stateCacheOnVolume: z
    .boolean()
    .default(false)
    .describe(
      "Keeps those conversations on the cache volume instead of in memory: they survive a restart, and what patients wrote " +
        "is on a disk.",
    ),
  exposure: exposureSchema.default({ type: "cluster-ip" }).describe("Who can reach the service."),
  apiKeys: apiKeysSchema.describe("Where the API keys come from."),
  modelTokenSecretName: z
    .string()
    .optional()
    .describe(
      "Name of an existing Secret with a token under `token` for the host that the model comes from: the hub, or `modelBaseUrl`.",
    ),
  allowedNamespaceLabels: z
    .array(
      z.record(z.string(), z.string()).refine((labels) => Object.keys(labels).length > 0, {
        params: {
          rule: "has no labels and would let in every namespace",
          fix: "Name a label of the namespaces that may call, or remove the entry",
        },
      }),
    )
    .default([])
    .describe("Labels of namespaces whose pods may call the service, besides its own namespace."),
  timing: timingSchema
    .default({})
    .describe("Explicit values instead of those of the time budget, seconds. Refused when they break its order."),
  worstDownloadMiBps: z.number().positive().default(10).describe("Slowest download to plan for, MiB/s."),
  logLevel: z
    .enum(["trace", "debug", "info", "warn", "error"])
    .default("info")
    .describe("Least severe log lines that are written."),
});

const podLogsSchema = z.strictObject({
  retentionDays: logRetentionDays.default(30).describe("Days that they are kept."),
});

const monitoringSchema = z.strictObject({
  prometheus: z
    .boolean()
    .default(false)
    .describe(
      "Makes a PodMonitor and a PrometheusRule for the Prometheus Operator, which must be installed " +
        "(e.g. kube-prometheus-stack).",
    ),
  namespace: dnsLabel()
    .default("monitoring")
    .describe("Namespace of Prometheus; the NetworkPolicy lets it in where `prometheus` is true."),
});

const common = {
  environment: environmentName.describe(
    "Name of the environment: part of stack and resource names, and the name under which it is registered.",
  ),
  production: z
    .boolean()
    .default(false)
    .describe("Turns on the refusals that only matter with real users (state, keys, licence)."),
  state: stateSchema.default({ type: "local" }).describe("Where Terraform keeps its state."),
  storage: storageSchema.prefault({}).describe("The volumes of the model cache."),
  monitoring: monitoringSchema.prefault({}).describe("Who reads the metrics."),
  chat: chatSchema.describe("The chat service."),
};

const eksSchema = z.strictObject({
  ...common,
  target: z.literal("eks").describe("All three stacks on AWS."),
  region: awsRegion.describe('AWS region, e.g. "us-east-1".'),
  network: networkSchema.describe("The VPC."),
  cluster: clusterSchema.describe("The EKS cluster."),
  nodes: nodeGroupSchema.describe("The nodes of the cluster."),
  podLogs: podLogsSchema
    .optional()
    .describe("Sends what the chat pods write to CloudWatch Logs. Without it, it is gone with the pod."),
  pullRequests: pullRequestsSchema
    .optional()
    .describe("Lets pull requests of a GitHub repository diff the environment."),
  modelMirror: modelMirrorSchema
    .optional()
    .describe("An S3 bucket with the model, readable from inside the VPC only: no NAT traffic and no model hub."),
  deployments: deploymentsSchema
    .optional()
    .describe("Lets the deploy workflow of a GitHub repository deploy the chat stack."),
});

const existingClusterSchema = z.strictObject({
  ...common,
  target: z.literal("existing-cluster").describe("The chat stack alone, on the cluster of a kubeconfig context."),
  kubeconfigContext: z.string().describe("Context of the kubeconfig, e.g. `kind-carepath`."),
  kubeconfigPath: z.string().default("~/.kube/config").describe("Path of the kubeconfig."),
});

export const appConfigSchema = z.discriminatedUnion("target", [eksSchema, existingClusterSchema]);

export type AppConfigInput = z.input<typeof appConfigSchema>;
export type AppConfig = z.output<typeof appConfigSchema>;
export type EksConfig = Extract<AppConfig, { target: "eks" }>;
export type ExistingClusterConfig = Extract<AppConfig, { target: "existing-cluster" }>;
