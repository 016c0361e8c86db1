import { type Rule } from "./rule";

/** A person must say that the use is permitted; a deployment does not assume it. */
const licencePermitsTheUse: Rule = ({ config: { production, chat }, capacity: { plan } }) => {
  const { id, licence, nonCommercial } = plan.model;
  if (!production || !nonCommercial || chat.acceptLicense) return undefined;
  return {
    path: "chat.acceptLicense",
    actual: chat.acceptLicense,
    rule: `must be true to use ${id} in production: its licence (${licence}) forbids commercial use`,
    fix:
      'Choose a model with a free licence, such as model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" } (Apache-2.0), ' +
      "or write acceptLicense: true if your use is permitted",
  };
};

export const modelRules: readonly Rule[] = [licencePermitsTheUse];
