import { type Problem } from "./config-error";
import { closest } from "./did-you-mean";
import { type AppConfigInput, appConfigSchema } from "./schema";

/**
 * What a user may change without editing a file. The table is the documentation: the variable, the setting that it stands
 * for, and what else there is to say. Environment variables are read here and nowhere else in the infrastructure.
 */
export interface Override {
  readonly variable: string;
  /** The setting; with `[]` at its end a list, whose entries are separated by commas. */
  readonly path: string;
  readonly note: string;
  /** Environments whose `target` is another one refuse the variable: they have no such section. @default any */
  readonly target?: AppConfigInput["target"] | undefined;
  readonly apply: (config: Draft, value: string) => void;
}

/** An environment file while variables change it; the schema checks it afterwards, so nothing is known of it here. */
export type Draft = Record<string, unknown>;

const IMAGE_BY_HAND = "The image in `config/images` is then left aside.";

export const OVERRIDES: readonly Override[] = [
  override(
    "CAREPATH_REGION",
    "region",
    "Zones of the file keep their letters; set CAREPATH_ZONES where the region has others.",
    (config, region) => {
      const network = section(config, "network");
      const move = (zone: unknown) => `${region}${String(zone).slice(-1)}`;
      if (Array.isArray(network["zones"])) network["zones"] = network["zones"].map(move);
      const nodes = section(config, "nodes");
      if (nodes["zone"] !== undefined) nodes["zone"] = move(nodes["zone"]);
      config["region"] = region;
    },
  ),
  override("CAREPATH_ZONES", "network.zones[]", "`nodes.zone` of the file is dropped.", (config, value) => {
    section(config, "network")["zones"] = list(value);
    delete section(config, "nodes")["zone"];
  }),
  // Before the bucket, which falls back to the region of the environment.
  override("CAREPATH_STATE_REGION", "state.region", "Otherwise the region of the environment."),
  override(
    "CAREPATH_STATE_BUCKET",
    "state.bucket",
    "`npm run bootstrap-state` makes one. Without it state is a local file.",
    (config, bucket) => {
      const state = section(config, "state");
      config["state"] = { ...state, region: state["region"] ?? config["region"], type: "s3", bucket };
    },
  ),
  override("CAREPATH_STATE_KMS_KEY_ARN", "state.kmsKeyArn"),
  override(
    "CAREPATH_API_CIDRS",
    "cluster.endpoint.publicAccessCidrs[]",
    "Makes the Kubernetes API public to them.",
    (config, value) => {
      const endpoint = section(config, "cluster", "endpoint");
      endpoint["publicAccess"] = true;
      endpoint["publicAccessCidrs"] = list(value);
    },
  ),
  override("CAREPATH_DEPLOY_FROM_INSIDE", "cluster.endpoint.deployFromInside", "Write `true`.", (config, value) => {
    section(config, "cluster", "endpoint")["deployFromInside"] = value === "true" ? true : value;
  }),
  override("CAREPATH_ADMIN_ARNS", "cluster.adminPrincipalArns[]"),
  override("CAREPATH_GITHUB_REPOSITORY", "pullRequests.githubRepository"),
  override("CAREPATH_OIDC_PROVIDER_ARN", "pullRequests.oidcProviderArn"),
  override("CAREPATH_INSTANCE_TYPE", "nodes.instanceType"),
  override("CAREPATH_IMAGE_REPOSITORY", "chat.image.repository", IMAGE_BY_HAND),
  override("CAREPATH_IMAGE_TAG", "chat.image.tag", IMAGE_BY_HAND),
  override("CAREPATH_IMAGE_DIGEST", "chat.image.digest", IMAGE_BY_HAND),
  override("CAREPATH_MODEL_ID", "chat.model.id", "A model of the catalogue.", (config, id) => {
    section(config, "chat")["model"] = { source: "catalogue", id };
  }),
  override("CAREPATH_MODEL_MIRROR_BUCKET", "modelMirror.bucket"),
  override("CAREPATH_HOST", "chat.exposure.host"),
  override("CAREPATH_CERTIFICATE_ARN", "chat.exposure.certificateArn"),
  override("CAREPATH_HOSTED_ZONE_ID", "chat.exposure.hostedZoneId"),
  override("CAREPATH_SOURCE_CIDRS", "chat.exposure.sourceCidrs[]"),
  override("CAREPATH_KUBE_CONTEXT", "kubeconfigContext"),
  override("CAREPATH_KUBECONFIG", "kubeconfigPath"),
  override("CAREPATH_STORAGE_CLASS", "storage.className"),
];

function override(variable: string, path: string, note = "", apply = putAt(path)): Override {
  const targets = appConfigSchema.options.filter(({ shape }) => (path.split(".")[0] ?? "") in shape);
  const target = targets.length === 1 ? targets[0]?.shape.target.value : undefined;
  return { variable, path, note, target, apply };
}

function putAt(path: string): Override["apply"] {
  const keys = path.replace("[]", "").split(".");
  return (config, value) => {
    section(config, ...keys.slice(0, -1))[keys.at(-1) ?? ""] = path.endsWith("[]") ? list(value) : value;
  };
}

/** Applies the variables to the file, first to last. Empty variables count as not set. */
export function applyOverrides(
  config: Draft,
  env: NodeJS.ProcessEnv,
): { readonly input: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [...misspelt(env)];
  for (const { variable, target, apply } of OVERRIDES) {
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
