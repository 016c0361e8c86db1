import { type AppConfig } from "./schema";

/**
 * The stack that creates the namespace of the chat service; undefined where it exists already.
 *
 * A Secret that no stack writes must be there before the pods start, and so must its namespace: on EKS the platform stack
 * makes it, and the Secret is created before the chat stack is deployed.
 */
export function namespaceOwner({ target, chat }: AppConfig): "platform" | "chat" | undefined {
  if (!chat.createNamespace) return undefined;
  return target === "eks" && chat.apiKeys.source === "existing-secret" ? "platform" : "chat";
}

/** The namespace that a deploy of the chat stack keeps to. Undefined where the stack creates it, for which it needs the cluster. */
export function deployedNamespace(config: AppConfig): string | undefined {
  return namespaceOwner(config) === "chat" ? undefined : config.chat.namespace;
}
