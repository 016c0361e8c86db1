import { type RuleViolation } from "./workload-rules";

/** Who can reach the service, and what the model may be used for. */
export interface Access {
  readonly production: boolean;
  readonly exposure: "cluster-ip" | "load-balancer";
  /** CIDRs that may connect to the load balancer. */
  readonly sourceCidrs: readonly string[];
  readonly apiKeys: boolean;
}

/** Whoever reaches a load balancer may use the model at the owner's expense, and reads what patients type. */
export function apiKeysViolation({
  production,
  exposure,
  apiKeys,
}: Omit<Access, "sourceCidrs">): RuleViolation | undefined {
  if (apiKeys || (exposure === "cluster-ip" && !production)) return undefined;
  return {
    subject: "chat.apiKeys.source",
    actual: "none",
    rule:
      exposure === "load-balancer"
        ? "leaves a load balancer without API keys: everybody who reaches it could use the model"
        : "leaves production without API keys: every pod that the network policy lets through could use the model",
    fix: 'Set apiKeys to { source: "existing-secret", name: "..." } or { source: "terraform-variable" }',
  };
}

/** A load balancer without source ranges is open to the world, whatever its scheme says about subnets. */
export function sourceCidrsViolation({
  exposure,
  sourceCidrs,
}: Pick<Access, "exposure" | "sourceCidrs">): RuleViolation | undefined {
  if (exposure === "cluster-ip" || sourceCidrs.length > 0) return undefined;
  return {
    subject: "chat.exposure.sourceCidrs",
    actual: sourceCidrs,
    rule: "is empty, and a load balancer needs the CIDRs that may connect to it",
    fix: 'Set sourceCidrs to the ranges of your users, e.g. ["203.0.113.0/24"]; for everybody write ["0.0.0.0/0"]',
  };
}

export interface LicenceUse {
  readonly production: boolean;
  readonly modelId: string;
  readonly licence: string;
  readonly nonCommercial: boolean;
  readonly acceptLicense: boolean;
}

/** Somebody has to say that the use is permitted; it is not for a deployment to assume. */
export function licenceViolation(use: LicenceUse): RuleViolation | undefined {
  if (!use.production || !use.nonCommercial || use.acceptLicense) return undefined;
  return {
    subject: "chat.acceptLicense",
    actual: use.acceptLicense,
    rule: `must be true to use ${use.modelId} in production: its licence (${use.licence}) forbids commercial use`,
    fix: "Choose a model with a free licence, such as qwen2.5-1.5b-instruct (Apache-2.0), or set acceptLicense: true if your use is permitted",
  };
}

/** A state file on one laptop: nobody else can deploy, and losing it loses track of everything that was created. */
export function stateViolation(production: boolean, state: "local" | "s3"): RuleViolation | undefined {
  if (!production || state === "s3") return undefined;
  return {
    subject: "state.type",
    actual: state,
    rule: 'must be "s3" in production: a local state file can be lost, and two people can deploy at once without a lock',
    fix: 'Set state to { type: "s3", bucket: "...", region: "..." }',
  };
}

/**
 * An EBS volume cannot leave its zone. When the node there is gone, a node group over several zones may start the next
 * one elsewhere, and the pod waits for its volume for ever.
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes.html
 */
export function nodeZonesViolation(nodeZones: readonly string[]): RuleViolation | undefined {
  if (nodeZones.length === 1) return undefined;
  return {
    subject: "nodes.zones",
    actual: nodeZones,
    rule: "must be exactly one zone: the model cache is an EBS volume, and a node in another zone cannot attach it",
    fix: nodeZones[0] === undefined ? "Set nodes.zone to one of network.zones" : `Set nodes.zone to "${nodeZones[0]}"`,
  };
}

/** Nodes need a subnet, and there is one only in the zones of the network. */
export function nodeZoneUnknownViolation(zone: string, networkZones: readonly string[]): RuleViolation | undefined {
  if (networkZones.includes(zone)) return undefined;
  return {
    subject: "nodes.zone",
    actual: zone,
    rule: `must be one of network.zones (${networkZones.join(", ")}), where the subnets are`,
    fix: `Set nodes.zone to "${networkZones[0] ?? ""}", or leave it out`,
  };
}

/** The context holds the question as well as the answer; the service refuses to start otherwise. */
export function maxTokensViolation(maxTokens: number, contextSize: number): RuleViolation | undefined {
  if (maxTokens < contextSize) return undefined;
  return {
    subject: "chat.maxTokens",
    actual: maxTokens,
    rule: `must be less than contextSize (${contextSize}), which holds the question as well`,
    fix: `Set maxTokens to ${Math.max(1, Math.floor(contextSize / 2))} or less`,
  };
}
