import { type Problem } from "../config-error";
import { apiKeyRules } from "./api-keys";
import { cacheRules } from "./cache";
import { clusterRules } from "./cluster";
import { cpuAndMemoryRules } from "./cpu-and-memory";
import { engineRules } from "./engine";
import { exposureRules } from "./exposure";
import { imageRules } from "./image";
import { modelRules } from "./model";
import { networkRules } from "./network";
import { nodeRules } from "./nodes";
import { replicaRules } from "./replicas";
import { type Facts, type Rule } from "./rule";
import { stateRules } from "./state";
import { storageRules } from "./storage";
import { timingRules } from "./timing";

/** Every rule, in the order in which problems are shown. */
const RULES: readonly Rule[] = [
  ...stateRules,
  ...networkRules,
  ...clusterRules,
  ...nodeRules,
  ...storageRules,
  ...engineRules,
  ...modelRules,
  ...imageRules,
  ...cacheRules,
  ...replicaRules,
  ...cpuAndMemoryRules,
  ...exposureRules,
  ...apiKeyRules,
  ...timingRules,
];

/** What must be changed before anything is synthesized. */
export function problemsOf(facts: Facts): Problem[] {
  return RULES.map((rule) => rule(facts)).filter((problem) => problem !== undefined);
}
