/**
 * The one typed configuration of an environment.
 *
 * `AppConfig` is what the stacks receive: complete, checked, every default applied. Environments are written as
 * `AppConfigInput`, where everything with a default may be left out. Unknown keys are errors.
 */
import { z } from "zod";

import { DEFAULTS } from "../service/src/contract";
import {
  availabilityZone,
  awsRegion,
  bucketName,
  cidrBlock,
  dnsLabel,
  keyPrefix,
  kubernetesVersion,
  logRetentionDays,
  oidcProviderArn,
  principalArn,
  repositoryOnGithub,
  vpcCidr,
  wholeNumber,
} from "./fields";

/** How Terraform state is kept. */
const stateSchema = z.discriminatedUnion("type", [
  z.strictObject({
    /** A file beside the output folder: one person, one laptop. Refused in `production`. */
    type: z.literal("local"),
  }),
  z.strictObject({
    /** An S3 bucket with a native lock file (`use_lockfile`). */
    type: z.literal("s3"),
    /** Name of the bucket; it must exist (`npm run bootstrap-state`). */
    bucket: bucketName,
    /** AWS region of the bucket. */
    region: awsRegion,
    /** Prefix of the state keys. @default "carepath-chat" */
    keyPrefix: keyPrefix.default("carepath-chat"),
    /** ARN of the KMS key that encrypts the state. @default the bucket's own default encryption */
    kmsKeyArn: z.string().optional(),
  }),
]);

const networkSchema = z.strictObject({
  /** CIDR block of the VPC, /16 to /20. @default "10.20.0.0/16" */
  vpcCidr: vpcCidr.default("10.20.0.0/16"),
  /** Availability zones, two or three, e.g. ["us-east-1a", "us-east-1b"]. EKS needs two. */
  zones: z.array(availabilityZone).min(2).max(3),
  /** `single` is cheaper, `per-zone` survives the loss of a zone. */
  natGateways: z.enum(["single", "per-zone"]),
  /** Days that VPC flow logs are kept. @default 30 */
  flowLogRetentionDays: logRetentionDays.default(30),
});

const clusterSchema = z.strictObject({
  /** Kubernetes minor version. @default "1.35" */
  kubernetesVersion: kubernetesVersion.default("1.35"),
  endpoint: z.strictObject({
    /** Whether the API server has a public address at all. */
    publicAccess: z.boolean(),
    /** CIDRs that may reach the public address, at most 40 (a quota of EKS); required with `publicAccess`. @default [] */
    publicAccessCidrs: z.array(cidrBlock).max(40).default([]),
    /** Permits 0.0.0.0/0 above. Only for a throw-away cluster: anyone may then try the API server. @default false */
    allowAnyCidr: z.boolean().default(false),
  }),
  /** IAM principals (roles or users, ARNs) that become cluster administrators besides the creator. @default [] */
  adminPrincipalArns: z.array(principalArn).default([]),
  /** Days that control-plane logs are kept. @default 30 */
  logRetentionDays: logRetentionDays.default(30),
  /** Refuses `destroy` of the cluster until it is switched off. @default false */
  deletionProtection: z.boolean().default(false),
});

const pullRequestsSchema = z.strictObject({
  /**
   * Repository whose pull requests may plan this environment, as the `sub` claim of its tokens names it: `owner/name`, or
   * `owner-id/name-id` for repositories since June 2026 (the OIDC settings of the repository show which). The cluster
   * stack creates a read-only role for them, output `plan_role_arn`. Needs S3 state.
   */
  githubRepository: repositoryOnGithub,
  /** The account's identity provider for GitHub's tokens, where it has one already. @default one is created */
  oidcProviderArn: oidcProviderArn.optional(),
});

const nodeGroupSchema = z.strictObject({
  /** EC2 instance type; its architecture decides x86 or Graviton. Must be in `planning/instance-types.ts`. */
  instanceType: z.string(),
  /** `SPOT` costs about half, and AWS may take the node back with two minutes' notice. */
  capacityType: z.enum(["ON_DEMAND", "SPOT"]),
  /** The one zone of the node group: an EBS volume cannot leave its zone. @default the first of `network.zones` */
  zone: availabilityZone.optional(),
  /** Not supported with more than one entry: an EBS volume cannot follow its pod into another zone. Use `zone`. */
  zones: z.array(z.string()).optional(),
  /** Fewest nodes. @default 1 */
  minSize: wholeNumber(0, 100).default(1),
  /** Nodes that are started; nothing in this project changes their number by itself. @default 1 */
  desiredSize: wholeNumber(1, 100).default(1),
  /** Most nodes. @default 2 */
  maxSize: wholeNumber(1, 100).default(2),
  /** Root volume in GiB. @default 40 */
  diskGiB: wholeNumber(20, 1000).default(40),
});

const storageSchema = z.strictObject({
  /** Name of the StorageClass: created by the platform stack on EKS, expected to exist on an existing cluster. @default "gp3" */
  className: z.string().default("gp3"),
  /** Input and output operations a second of a volume; 3,000 are included in the price of gp3. @default 3000 */
  iops: wholeNumber(3000, 80_000).default(3000),
  /** gp3 throughput in MiB/s; 125 is included in the price. @default 125 */
  throughputMiBps: wholeNumber(125, 2000).default(125),
});

const modelSchema = z.discriminatedUnion("source", [
  z.strictObject({
    /** A model of `planning/model-catalogue.ts`, by id. */
    source: z.literal("catalogue"),
    /** Id in the catalogue, e.g. "qwen2.5-3b-instruct". */
    id: z.string(),
  }),
  z.strictObject({
    /** Your own GGUF file. URL, bytes and sha256 are required: they are what the service verifies. */
    source: z.literal("custom"),
    /** Name under which the API offers the model. */
    id: z.string(),
    /** Where the file is downloaded from. */
    url: z.url(),
    /** Exact size of the file. */
    bytes: z.number().int().positive(),
    /** Checksum of the file, 64 lower-case hexadecimal digits. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Name of the licence, for the refusal that asks you to accept it. */
    licence: z.string(),
    /** True when the licence forbids commercial use. @default false */
    nonCommercial: z.boolean().default(false),
    /** Shape of the model for the memory plan; read it from the GGUF header. */
    shape: z.strictObject({
      /** `<architecture>.block_count` of the GGUF header. */
      layers: z.number().int().positive(),
      /** `<architecture>.attention.head_count_kv` of the GGUF header. */
      keyValueHeads: z.number().int().positive(),
      /** `<architecture>.attention.key_length` of the GGUF header, or embedding length by head count. */
      headSize: z.number().int().positive(),
    }),
  }),
]);

const exposureSchema = z.discriminatedUnion("type", [
  z.strictObject({
    /** Reachable inside the cluster and by `kubectl port-forward` only. */
    type: z.literal("cluster-ip"),
  }),
  z.strictObject({
    /** A Network Load Balancer; needs API keys. */
    type: z.literal("load-balancer"),
    /** Whether the load balancer has private addresses or public ones. */
    scheme: z.enum(["internal", "internet-facing"]),
    /** CIDRs that may connect. Required; 0.0.0.0/0 must be written out. */
    sourceCidrs: z.array(cidrBlock).min(1),
    /**
     * Idle timeout in seconds; must be longer than the SSE heartbeat. 350 is the default of a Network Load Balancer;
     * only the AWS Load Balancer Controller can change it, and only without a certificate. @default 350
     */
    idleTimeoutSeconds: wholeNumber(60, 6000).default(350),
    /**
     * Who makes the load balancer: the controller that every EKS cluster has (`in-tree`), or the AWS Load Balancer
     * Controller, which you install yourself. @default "in-tree"
     */
    controller: z.enum(["in-tree", "aws-load-balancer-controller"]).default("in-tree"),
    /** Certificate (ACM) of a TLS listener; without one the API keys travel in clear text. @default no TLS */
    certificateArn: z.string().startsWith("arn:").optional(),
  }),
]);

const apiKeysSchema = z.discriminatedUnion("source", [
  z.strictObject({
    /** No keys: anyone who can reach the pod may ask. Only behind ClusterIP and NetworkPolicy, never in production. */
    source: z.literal("none"),
  }),
  z.strictObject({
    /** A Secret that exists already in the namespace, with the API keys under `keys`, one a line. */
    source: z.literal("existing-secret"),
    /** Name of the Secret. */
    name: z.string(),
  }),
  z.strictObject({
    /** The sensitive Terraform variable `chat_api_keys`, written through the write-only attribute. */
    source: z.literal("terraform-variable"),
  }),
]);

const chatSchema = z.strictObject({
  /** Namespace of everything in the chat stack. @default "carepath-demo" */
  namespace: dnsLabel().default("carepath-demo"),
  /**
   * Whether the chat stack creates the namespace. False where it exists already, for example because it holds the Secret
   * with the API keys; its Pod Security labels are then its owner's. @default true
   */
  createNamespace: z.boolean().default(true),
  /** Name of the workload, Service and labels. @default "chat-api" */
  name: dnsLabel(40).default("chat-api"),
  model: modelSchema,
  /** Base URL of a mirror of the model hub that serves the same paths. @default the host of the model's URL */
  modelBaseUrl: z.url().optional(),
  /** Confirms that you may use a model whose licence forbids commercial use. @default false */
  acceptLicense: z.boolean().default(false),
  image: z.strictObject({
    /** Repository without tag. @default the ECR repository of the cluster stack */
    repository: z.string().optional(),
    /** Tag of the image, never `latest`. */
    tag: z.string().optional(),
    /** Digest of the image, `sha256:...`; wins over the tag. */
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .optional(),
  }),
  cache: z
    .strictObject({
      /** `shared`: one volume, one replica, Recreate. `per-replica`: a StatefulSet with a volume for each replica. */
      mode: z.enum(["shared", "per-replica"]).default("shared"),
      /** Size of a cache volume in GiB; it can grow later, never shrink. @default 15 */
      sizeGiB: wholeNumber(1, 16_384).default(15),
    })
    .prefault({}),
  /** Pods; more than one needs `per-replica`. @default 1 */
  replicas: wholeNumber(1, 100).default(1),
  /** Turns on a HorizontalPodAutoscaler up to this number; needs `per-replica`. */
  maxReplicas: wholeNumber(2, 100).optional(),
  /** Whole cores, request = limit: the thread count follows from it. */
  cpuCores: z.number(),
  /** Memory, request = limit, MiB. */
  memoryMiB: wholeNumber(256, 1_048_576),
  /** Tokens of context for each slot: question, history and answer together. */
  contextSize: wholeNumber(256, 131_072).default(DEFAULTS.contextSize),
  /** Answers that are generated at the same time; each slot takes memory for its context. */
  parallelSlots: wholeNumber(1, 16).default(DEFAULTS.parallelSlots),
  /** Requests that may wait for a slot; one more is answered 429. */
  maxQueue: wholeNumber(0, 1000).default(DEFAULTS.maxQueue),
  /** Longest answer in tokens. */
  maxTokens: wholeNumber(1, 32_768).default(DEFAULTS.maxTokens),
  /** Deadline of a request, waiting included. */
  requestTimeoutSeconds: wholeNumber(1, 86_400).default(DEFAULTS.requestTimeoutSeconds),
  /** Interval of the comment that keeps an idle stream open; shorter than every idle timeout on the way. */
  heartbeatSeconds: wholeNumber(1, 3600).default(DEFAULTS.heartbeatSeconds),
  /** `/health` fails when an admitted request made no progress for this long. */
  engineStallSeconds: wholeNumber(10, 3600).default(DEFAULTS.engineStallSeconds),
  /** Threads of llama.cpp. @default cpuCores */
  threads: wholeNumber(1, 256).optional(),
  /** Who can reach the service. @default cluster-ip */
  exposure: exposureSchema.default({ type: "cluster-ip" }),
  apiKeys: apiKeysSchema,
  /** Name of an existing Secret with a model hub token under `token`, for gated models. */
  modelTokenSecretName: z.string().optional(),
  /** Labels of namespaces whose pods may call the service, besides its own namespace. @default [] */
  allowedNamespaceLabels: z.array(z.record(z.string(), z.string())).default([]),
  /** Explicit overrides of what the time budget computes, seconds. Refused when they break its order. */
  timing: z
    .strictObject({
      /** Time that the startup probe gives download and load together. */
      startupWindowSeconds: wholeNumber(10, 86_400).optional(),
      /** Time without progress after which Kubernetes calls a rollout failed. */
      progressDeadlineSeconds: wholeNumber(10, 86_400).optional(),
      /** Time that Terraform waits for a rollout. */
      terraformTimeoutSeconds: wholeNumber(60, 86_400).optional(),
      /** Time that running answers get after SIGTERM. */
      drainSeconds: wholeNumber(1, 3600).optional(),
      /** Time between SIGTERM and SIGKILL; longer than the drain. */
      terminationGraceSeconds: wholeNumber(1, 7200).optional(),
    })
    .default({}),
  /** Slowest download to plan for, MiB/s. @default 10 */
  worstDownloadMiBps: z.number().positive().default(10),
  /** Least severe log lines that are written. @default "info" */
  logLevel: z.enum(["trace", "debug", "info", "warn", "error"]).default("info"),
});

const common = {
  /** Name of the environment: part of stack and resource names. */
  environment: z.string().regex(/^[a-z][a-z0-9-]{1,19}$/),
  /** Turns on the refusals that only matter with real users (state, keys, licence). @default false */
  production: z.boolean().default(false),
  /** Where Terraform keeps its state. @default a local file */
  state: stateSchema.default({ type: "local" }),
  storage: storageSchema.prefault({}),
  chat: chatSchema,
};

const eksSchema = z.strictObject({
  ...common,
  /** `eks`: all three stacks on AWS. `existing-cluster`: the chat stack alone, on the cluster of a kubeconfig context. */
  target: z.literal("eks"),
  /** AWS region, e.g. "us-east-1". */
  region: awsRegion,
  network: networkSchema,
  cluster: clusterSchema,
  nodes: nodeGroupSchema,
  pullRequests: pullRequestsSchema.optional(),
});

const existingClusterSchema = z.strictObject({
  ...common,
  /** The chat stack alone, on the cluster of a kubeconfig context. */
  target: z.literal("existing-cluster"),
  /** Context of the kubeconfig, e.g. `kind-carepath`. */
  kubeconfigContext: z.string(),
  /** Path of the kubeconfig. @default "~/.kube/config" */
  kubeconfigPath: z.string().default("~/.kube/config"),
});

export const appConfigSchema = z.discriminatedUnion("target", [eksSchema, existingClusterSchema]);

export type AppConfigInput = z.input<typeof appConfigSchema>;
export type AppConfig = z.output<typeof appConfigSchema>;
export type EksConfig = Extract<AppConfig, { target: "eks" }>;
export type ExistingClusterConfig = Extract<AppConfig, { target: "existing-cluster" }>;
export type ChatConfig = AppConfig["chat"];
