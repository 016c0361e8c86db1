import { type Rule } from "./rule";

/** Whoever reaches the service may use the model at the owner's expense, and reads what patients type. */
const keysWhereOthersReachIt: Rule = ({ config: { production, chat } }) => {
  const exposed = chat.exposure.type === "load-balancer";
  if (chat.apiKeys.source !== "none" || (!exposed && !production)) return undefined;
  return {
    path: "chat.apiKeys.source",
    actual: chat.apiKeys.source,
    rule: exposed
      ? "leaves a load balancer without API keys: everyone who reaches it could use the model"
      : "leaves production without API keys: every pod that the network policy lets through could use the model",
    fix: 'Write apiKeys: { source: "terraform-variable" }, or apiKeys: { source: "existing-secret", name: "chat-keys" }',
  };
};

export const apiKeyRules: readonly Rule[] = [keysWhereOthersReachIt];
