import { type ChatConfig } from "../config/schema";
import { type CustomResource } from "../constructs/kubernetes/diff-viewer";

/** The objects of the chat stack that no access policy of EKS covers, so that the role of pull requests is given them by name. */
export function chatCustomResources({ apiKeys }: ChatConfig): CustomResource[] {
  return apiKeys.source === "external-secret"
    ? [{ apiGroup: "external-secrets.io", resource: "externalsecrets", name: apiKeys.name }]
    : [];
}
