import { onEks, type Rule } from "./rule";

const EXISTING_SECRET = 'apiKeys: { source: "existing-secret", name: "chat-keys" }';

/** Whoever reaches the service may use the model at the owner's expense, and reads what patients type. */
const keysWhereOthersReachIt: Rule = ({ config: { production, chat } }) => {
  const exposed = chat.exposure.type !== "cluster-ip";
  if (chat.apiKeys.source !== "none" || (!exposed && !production)) return undefined;
  return {
    path: "chat.apiKeys.source",
    actual: chat.apiKeys.source,
    rule: exposed
      ? "leaves a load balancer without API keys: everyone who reaches it could use the model"
      : "leaves production without API keys: every pod that the network policy lets through could use the model",
    fix: `Write ${EXISTING_SECRET}, or apiKeys: { source: "terraform-variable" }`,
  };
};

/** A plan refreshes what Terraform manages, and Kubernetes answers with the whole Secret. */
const pullRequestsReadNoKeys = onEks(({ config: { pullRequests, chat } }) => {
  if (pullRequests === undefined || chat.apiKeys.source !== "terraform-variable") return undefined;
  return {
    path: "chat.apiKeys.source",
    actual: chat.apiKeys.source,
    rule: "would let every pull request read the API keys: a diff reads the Secret that Terraform writes",
    fix: `Write ${EXISTING_SECRET}, or remove pullRequests (CAREPATH_GITHUB_REPOSITORY)`,
  };
});

export const apiKeyRules: readonly Rule[] = [keysWhereOthersReachIt, pullRequestsReadNoKeys];
