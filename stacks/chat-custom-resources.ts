import { type AppConfig } from "../config/schema";
import { type CustomResource } from "../constructs/kubernetes/diff-viewer";

/** The objects of the chat stack that no access policy of EKS covers, so that the role of pull requests is given them by name. */
export function chatCustomResources({ chat, monitoring }: AppConfig): CustomResource[] {
  const { apiKeys, name } = chat;
  const found: CustomResource[] = [];
  if (apiKeys.source === "external-secret") {
    found.push({ apiGroup: "external-secrets.io", resource: "externalsecrets", name: apiKeys.name });
  }
  if (monitoring.prometheus) {
    const apiGroup = "monitoring.coreos.com";
    found.push({ apiGroup, resource: "podmonitors", name }, { apiGroup, resource: "prometheusrules", name });
  }
  if (chat.maxReplicas !== undefined) found.push({ apiGroup: "keda.sh", resource: "scaledobjects", name });
  return found;
}
