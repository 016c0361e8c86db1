/**
 * Names that more than one stack uses. The stacks find each other's resources by these names (data sources), never by
 * tokens, so each of them can be diffed before the others exist.
 */

/** Tag and label that marks everything this project creates. */
export const PROJECT = "carepath-chat";

/** Tags by which the resources of an environment are found, those included that controllers in the cluster create. */
export function environmentTags(environment: string): Readonly<Record<string, string>> {
  return { Project: PROJECT, Environment: environment };
}

/** Stack names; also the names of their folders in `cdktf.out/stacks` and of their state. */
export function stackNames(environment: string): {
  readonly cluster: string;
  readonly platform: string;
  readonly chat: string;
} {
  return {
    cluster: `carepath-${environment}-cluster`,
    platform: `carepath-${environment}-platform`,
    chat: `carepath-${environment}-chat`,
  };
}

/** Stack of the state bucket; it belongs to no environment. */
export const STATE_STACK = "carepath-state";

/** Name of the EKS cluster; also the prefix of the names of its AWS resources. */
export function clusterName(environment: string): string {
  return `carepath-${environment}`;
}

/** Role that diffs a pull request. */
export function diffRoleName(environment: string): string {
  return `${clusterName(environment)}-diff`;
}

/** Role by which a workflow deploys the chat stack. */
export function deployRoleName(environment: string): string {
  return `${clusterName(environment)}-deploy`;
}

/** Kubernetes group of the role that diffs: the cluster stack puts the role into it, the platform stack gives it its rights. */
export const DIFF_GROUP = "carepath-diff";

/** The same for the role that deploys. */
export const DEPLOY_GROUP = "carepath-deploy";

/** Name of the ECR repository of the service image. */
export function imageRepositoryName(environment: string): string {
  return `carepath-${environment}/chat-service`;
}

/**
 * Where the EBS CSI controller runs. The cluster stack gives this service account its IAM role (Pod Identity), the
 * platform stack installs the driver under it.
 */
export const EBS_CSI_CONTROLLER = { namespace: "kube-system", serviceAccount: "ebs-csi-controller-sa" } as const;

/** Where Fluent Bit runs, which sends the logs of the pods to CloudWatch; the two stacks share it as above. */
export const LOG_FORWARDER = { namespace: "kube-system", serviceAccount: "aws-for-fluent-bit" } as const;

/** Log group of what the chat pods write. */
export function podLogGroup(environment: string): string {
  return `/aws/eks/${clusterName(environment)}/pods`;
}

/** Where the Cluster Autoscaler runs; the two stacks share it as above. */
export const CLUSTER_AUTOSCALER = { namespace: "kube-system", serviceAccount: "cluster-autoscaler" } as const;

/** Where the AWS Load Balancer Controller runs; the two stacks share it as above. */
export const LOAD_BALANCER_CONTROLLER = {
  namespace: "kube-system",
  serviceAccount: "aws-load-balancer-controller",
} as const;

/** Terraform variable of the API keys; set it as `TF_VAR_chat_api_keys`. */
export const API_KEYS_VARIABLE = "chat_api_keys";
