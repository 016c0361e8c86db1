import { type Problem } from "../config-error";
import { type CapacityPlan } from "../plan";
import { type AppConfig, type EksConfig } from "../schema";

/** What a rule can look at: the configuration, complete and within its bounds, and the numbers that follow from it. */
export interface Facts<Config extends AppConfig = AppConfig> {
  readonly config: Config;
  readonly capacity: CapacityPlan;
}

/** What must hold between values of a configuration. Bounds of a single value stand in the schema. */
export type Rule = (facts: Facts) => Problem | undefined;

/** A rule about settings that only environments on EKS have. */
export function onEks(rule: (facts: Facts<EksConfig>) => Problem | undefined): Rule {
  return ({ config, capacity }) => (config.target === "eks" ? rule({ config, capacity }) : undefined);
}
