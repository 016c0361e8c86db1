import { type AppConfig } from "../../config/schema";
import { planCapacity } from "../../config/plan";
import { type PlannedStart, type RehearsalOptions } from "../../rehearsal/options";
import { type AskedOptions } from "./options";

/** Wall-clock seconds that a held start takes at the chosen speed-up: with questions and drain, a rehearsal of under a minute. */
const HELD_SECONDS = 20;
/** Wall-clock seconds that the window leaves beside what is held: the process starts no faster. */
const OWN_START_SECONDS = 15;

/** The worst cold start that the time budget of an environment plans. */
export function plannedStart(config: AppConfig): PlannedStart {
  const { budget, plan } = planCapacity(config);
  const seconds = (...names: string[]) =>
    budget.coldStart.filter(({ name }) => names.includes(name)).reduce((sum, item) => sum + item.seconds, 0);
  return {
    model: plan.model.id,
    downloadSeconds: seconds("download"),
    loadSeconds: seconds("verify", "load", "warm-up"),
    startupWindowSeconds: budget.startupWindowSeconds,
  };
}

/** Completes what was asked for: the planned start where no other is asked for, and the speed-up that suits it. */
export function completed(asked: AskedOptions, readConfig: () => AppConfig): RehearsalOptions {
  const { hold, speedupGiven, ...options } = asked;
  if (!hold || options.story) return options;
  const planned = plannedStart(readConfig());
  return { ...options, planned, speedup: speedupGiven ? options.speedup : speedupFor(planned) };
}

export function speedupFor({ downloadSeconds, loadSeconds, startupWindowSeconds }: PlannedStart): number {
  const held = downloadSeconds + loadSeconds;
  const roomy = (startupWindowSeconds - held) / OWN_START_SECONDS;
  return Math.max(1, Math.floor(Math.min(Math.ceil(held / HELD_SECONDS), roomy)));
}
