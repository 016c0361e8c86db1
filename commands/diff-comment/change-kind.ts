/** What a change does to a resource, and which resources take data with them when they go. */
import { type ResourceChange } from "./plan";

export const KINDS = ["replace", "destroy", "change", "create", "forget"] as const;
export type ChangeKind = (typeof KINDS)[number];

/** The kind of a change, or undefined for what a reviewer need not see: no-ops and reads of data sources. */
export function changeKind({ mode, change: { actions } }: ResourceChange): ChangeKind | undefined {
  if (mode !== "managed") return undefined;
  const creates = actions.includes("create");
  const deletes = actions.includes("delete");
  if (creates && (deletes || actions.includes("forget"))) return "replace";
  if (creates) return "create";
  if (deletes) return "destroy";
  if (actions.includes("update")) return "change";
  if (actions.includes("forget")) return "forget";
  return undefined;
}

/**
 * What is lost when a resource of this type is destroyed or replaced. Types that only hold configuration are absent:
 * they come back as they were.
 */
const LOSSES: Readonly<Record<string, string>> = {
  aws_cloudwatch_log_group: "its logs",
  aws_db_instance: "the database",
  aws_dynamodb_table: "the table",
  aws_ebs_snapshot: "the snapshot",
  aws_ebs_volume: "the data on the volume",
  aws_ecr_repository: "its images",
  aws_efs_file_system: "the files on it",
  aws_eks_cluster: "the cluster with everything that runs and is stored in it",
  aws_eks_node_group: "its nodes: every pod on them stops",
  aws_kms_key: "everything that it encrypted, once its waiting period ends",
  aws_s3_bucket: "its objects",
  aws_secretsmanager_secret: "the secret",
  aws_ssm_parameter: "the value",
  aws_vpc: "the network and everything in it",
  helm_release: "what the chart installed, with custom resources of its kinds",
  kubernetes_config_map_v1: "its entries",
  kubernetes_namespace: "everything in the namespace, its volumes included",
  kubernetes_namespace_v1: "everything in the namespace, its volumes included",
  kubernetes_persistent_volume: "the data on the volume, unless its reclaim policy is Retain",
  kubernetes_persistent_volume_claim: "the data on the volume, unless its reclaim policy is Retain",
  kubernetes_persistent_volume_claim_v1: "the data on the volume, unless its reclaim policy is Retain",
  kubernetes_secret: "its entries",
  kubernetes_secret_v1: "its entries",
  kubernetes_stateful_set: "its pods; volumes of its claim templates stay unless their retention policy says otherwise",
  kubernetes_stateful_set_v1:
    "its pods; volumes of its claim templates stay unless their retention policy says otherwise",
};

/** What is lost by this change, or undefined when nothing is. */
export function lossOf(resource: ResourceChange): string | undefined {
  const kind = changeKind(resource);
  return kind === "replace" || kind === "destroy" ? LOSSES[resource.type] : undefined;
}
