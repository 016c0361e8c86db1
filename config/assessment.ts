import { type Problem } from "./config-error";
import { planCapacity, type CapacityPlan } from "./plan";
import { planNotes } from "./plan-notes";
import { problemsOf } from "./rules";
import { type AppConfig } from "./schema";

/** The numbers of an environment and what there is to say about them. */
export interface Assessment extends CapacityPlan {
  /** What must be changed before anything is synthesized. */
  readonly problems: readonly Problem[];
  /** What works and has a surprising consequence. */
  readonly notes: readonly string[];
}

/** Computes and judges; problems are data here, and `loadConfig` throws them. */
export function assessEnvironment(config: AppConfig): Assessment {
  const capacity = planCapacity(config);
  return { ...capacity, problems: problemsOf({ config, capacity }), notes: planNotes({ config, capacity }) };
}
