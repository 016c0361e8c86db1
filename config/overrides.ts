import { type Problem } from "./config-error";
import { closest } from "./did-you-mean";
import { type AppConfigInput } from "./schema";

/**
 * What a user may change without editing a file. The table is the documentation: name, meaning, effect. Environment
 * variables are read here and nowhere else in the infrastructure.
 */
export interface Override {
  readonly variable: string;
  readonly description: string;
  /** Environments whose `target` is another one refuse the variable. @default any */
  readonly target?: AppConfigInput["target"];
  readonly apply: (config: Draft, value: string) => void;
}

/** An environment file while variables change it; the schema checks it afterwards, so nothing is known of it here. */
export type Draft = Record<string, unknown>;

export const OVERRIDES: readonly Override[] = [
  {
    variable: "CAREPATH_REGION",
    description: "AWS region. Zones of the file keep their letters; set CAREPATH_ZONES where the region has others.",
    target: "eks",
    apply: (config, region) => {
      const network = section(config, "network");
      const move = (zone: unknown) => `${region}${String(zone).slice(-1)}`;
      if (Array.isArray(network["zones"])) network["zones"] = network["zones"].map(move);
      const nodes = section(config, "nodes");
      if (nodes["zone"] !== undefined) nodes["zone"] = move(nodes["zone"]);
      config["region"] = region;
    },
  },
  {
    variable: "CAREPATH_ZONES",
    description:
      "Two or three availability zones, separated by commas. With a shared cache the nodes live in the first.",
    target: "eks",
    apply: (config, value) => {
      section(config, "network")["zones"] = list(value);
      delete section(config, "nodes")["zone"];
    },
  },
  {
    variable: "CAREPATH_STATE_BUCKET",
    description:
      "S3 bucket of the Terraform state (`npm run bootstrap-state` makes one). Without it state is a local file.",
    apply: (config, bucket) => {
      const state = section(config, "state");
      config["state"] = { ...state, region: state["region"] ?? config["region"], type: "s3", bucket };
    },
  },
  {
    variable: "CAREPATH_STATE_REGION",
    description: "Region of the state bucket. Default: the region of the environment.",
    apply: (config, region) => (section(config, "state")["region"] = region),
  },
  {
    variable: "CAREPATH_STATE_KMS_KEY_ARN",
    description: "KMS key of the state, where the bucket's default encryption is not to be used.",
    apply: (config, arn) => (section(config, "state")["kmsKeyArn"] = arn),
  },
  {
    variable: "CAREPATH_API_CIDRS",
    description: "CIDRs that may reach the Kubernetes API, separated by commas. Makes it public to them.",
    target: "eks",
    apply: (config, value) => {
      const endpoint = section(config, "cluster", "endpoint");
      endpoint["publicAccess"] = true;
      endpoint["publicAccessCidrs"] = list(value);
    },
  },
  {
    variable: "CAREPATH_DEPLOY_FROM_INSIDE",
    description: "`true` states that this machine reaches the private address of the Kubernetes API.",
    target: "eks",
    apply: (config, value) =>
      (section(config, "cluster", "endpoint")["deployFromInside"] = value === "true" ? true : value),
  },
  {
    variable: "CAREPATH_ADMIN_ARNS",
    description: "IAM roles or users that become cluster administrators, separated by commas.",
    target: "eks",
    apply: (config, value) => (section(config, "cluster")["adminPrincipalArns"] = list(value)),
  },
  {
    variable: "CAREPATH_GITHUB_REPOSITORY",
    description:
      "Repository whose pull requests may diff, as in `pullRequests.githubRepository`: creates the role of the diff workflow.",
    target: "eks",
    apply: (config, repository) => (section(config, "pullRequests")["githubRepository"] = repository),
  },
  {
    variable: "CAREPATH_OIDC_PROVIDER_ARN",
    description: "The account's identity provider for GitHub's tokens, where it has one already.",
    target: "eks",
    apply: (config, arn) => (section(config, "pullRequests")["oidcProviderArn"] = arn),
  },
  {
    variable: "CAREPATH_INSTANCE_TYPE",
    description: "EC2 instance type of the nodes.",
    target: "eks",
    apply: (config, type) => (section(config, "nodes")["instanceType"] = type),
  },
  {
    variable: "CAREPATH_IMAGE_REPOSITORY",
    description: "Image repository without tag. Default: the ECR repository of the cluster stack.",
    apply: (config, repository) => (section(config, "chat", "image")["repository"] = repository),
  },
  {
    variable: "CAREPATH_IMAGE_TAG",
    description: "Image tag, never `latest`.",
    apply: (config, tag) => (section(config, "chat", "image")["tag"] = tag),
  },
  {
    variable: "CAREPATH_IMAGE_DIGEST",
    description: "Image digest, `sha256:...`; wins over the tag.",
    apply: (config, digest) => (section(config, "chat", "image")["digest"] = digest),
  },
  {
    variable: "CAREPATH_MODEL_ID",
    description: "Model of the catalogue in planning/catalogue/models.ts.",
    apply: (config, id) => (section(config, "chat")["model"] = { source: "catalogue", id }),
  },
  {
    variable: "CAREPATH_MODEL_MIRROR_BUCKET",
    description: "Bucket of the model mirror, which the cluster stack makes (`npm run model -- mirror` fills it).",
    target: "eks",
    apply: (config, bucket) => (section(config, "modelMirror")["bucket"] = bucket),
  },
  {
    variable: "CAREPATH_HOST",
    description: "DNS name of the service, where the environment is exposed by HTTPS.",
    apply: (config, host) => (section(config, "chat", "exposure")["host"] = host),
  },
  {
    variable: "CAREPATH_CERTIFICATE_ARN",
    description: "Certificate (ACM) of the host.",
    apply: (config, arn) => (section(config, "chat", "exposure")["certificateArn"] = arn),
  },
  {
    variable: "CAREPATH_HOSTED_ZONE_ID",
    description: "Zone of Route 53 that holds the host; makes its record, and its certificate where none is named.",
    apply: (config, id) => (section(config, "chat", "exposure")["hostedZoneId"] = id),
  },
  {
    variable: "CAREPATH_SOURCE_CIDRS",
    description: "CIDRs that may connect to the load balancer, separated by commas.",
    apply: (config, value) => (section(config, "chat", "exposure")["sourceCidrs"] = list(value)),
  },
  {
    variable: "CAREPATH_KUBE_CONTEXT",
    description: "Context of the kubeconfig, e.g. kind-carepath.",
    target: "existing-cluster",
    apply: (config, context) => (config["kubeconfigContext"] = context),
  },
  {
    variable: "CAREPATH_KUBECONFIG",
    description: "Path of the kubeconfig.",
    target: "existing-cluster",
    apply: (config, path) => (config["kubeconfigPath"] = path),
  },
  {
    variable: "CAREPATH_STORAGE_CLASS",
    description: "StorageClass of the model cache; must exist on an existing cluster.",
    apply: (config, name) => (section(config, "storage")["className"] = name),
  },
];

/** Applied first to last, but the state's region before its bucket, which falls back to the environment's. */
const ORDER = [...OVERRIDES].sort((a, b) => rank(a) - rank(b));

/** Applies the variables to the file. Empty variables count as not set. */
export function applyOverrides(
  config: Draft,
  env: NodeJS.ProcessEnv,
): { readonly input: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [...misspelt(env)];
  for (const { variable, target, apply } of ORDER) {
    const value = env[variable]?.trim() ?? "";
    if (value === "") continue;
    if (target === undefined || target === config["target"]) {
      apply(config, value);
      continue;
    }
    problems.push({
      path: variable,
      actual: value,
      rule: `is only for environments whose target is "${target}", and the target of this one is ${JSON.stringify(config["target"])}`,
      fix: "Unset it, or choose another environment with CAREPATH_ENV",
    });
  }
  const state = config["state"] as Record<string, unknown> | undefined;
  if (state?.["type"] === "s3" && state["region"] === undefined) {
    problems.push({
      path: "CAREPATH_STATE_REGION",
      actual: undefined,
      rule: "is missing: the environment has no region that the state bucket could be in",
      fix: "Set CAREPATH_STATE_REGION to the region of the bucket, e.g. us-east-1",
    });
    delete config["state"];
  }
  if (state !== undefined && state["type"] === undefined && config["state"] !== undefined) {
    problems.push({
      path: "CAREPATH_STATE_BUCKET",
      actual: undefined,
      rule: "is missing: the other CAREPATH_STATE_ variables describe a bucket",
      fix: "Set CAREPATH_STATE_BUCKET as well, or unset the others",
    });
    delete config["state"];
  }
  return { input: config, problems };
}

function rank({ variable }: Override): number {
  if (variable === "CAREPATH_REGION" || variable.startsWith("CAREPATH_STATE_REGION")) return 0;
  return 1;
}

/** A misspelt variable would be ignored in silence, so one that looks like ours is refused. */
function misspelt(env: NodeJS.ProcessEnv): Problem[] {
  const known = ["CAREPATH_ENV", ...OVERRIDES.map(({ variable }) => variable)];
  return Object.keys(env)
    .filter((name) => name.startsWith("CAREPATH_") && !known.includes(name))
    .flatMap((name) => {
      const ending = name.slice("CAREPATH_".length);
      const meant = closest(
        ending,
        known.map((variable) => variable.slice("CAREPATH_".length)),
      );
      if (meant === undefined) return [];
      return [
        { path: name, actual: env[name], rule: "is not a known variable", fix: `Did you mean CAREPATH_${meant}?` },
      ];
    });
}

/** The section at `keys`, created where the file has none. */
function section(config: Draft, ...keys: readonly string[]): Draft {
  return keys.reduce((parent, key) => {
    const present = parent[key];
    if (typeof present === "object" && present !== null) return present as Draft;
    const created: Draft = {};
    parent[key] = created;
    return created;
  }, config);
}

function list(value: string): string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
