import { ASSUMED, type BudgetLimits, type TimeBudget } from "../../planning/time/time-budget";
import { LONGEST_DRAIN_SECONDS } from "../../service/src/contract";
import { type Rule } from "./rule";

/** Why an override must not be shorter than the smallest value that keeps the order of the time budget. */
const REASONS: Readonly<Record<keyof BudgetLimits, (budget: TimeBudget) => string>> = {
  startupWindowSeconds: ({ coldStartSeconds }) =>
    `the worst cold start takes ${coldStartSeconds} s, and the window covers ${ASSUMED.startupSafety} of them and an outage of ` +
    `the model's source of ${ASSUMED.sourceOutageSeconds} s: a shorter one restarts a pod that is still downloading, again and again`,
  progressDeadlineSeconds: ({ beforeStartSeconds, startupWindowSeconds }) =>
    `the old pod's grace, scheduling and image pull (${beforeStartSeconds} s) and the startup window ` +
    `(${startupWindowSeconds} s) come first`,
  terraformTimeoutSeconds: ({ progressDeadlineSeconds }) =>
    `more than the progress deadline of ${progressDeadlineSeconds} s for each pod of the rollout, or Terraform gives up on ` +
    "a rollout that is fine",
  drainSeconds: ({ longestAnswerSeconds }) =>
    `the longest answer takes ${longestAnswerSeconds} s at the slowest speed, and a shorter drain cuts it off`,
  terminationGraceSeconds: ({ preStopSeconds, drainSeconds }) =>
    `the preStop wait of ${preStopSeconds} s, the drain of ${drainSeconds} s and ${ASSUMED.graceMarginSeconds} s to close, or the kubelet kills the last answers`,
};

const overrideRule =
  (key: keyof BudgetLimits): Rule =>
  ({ config: { chat }, capacity: { budget } }) => {
    const actual = chat.timing[key];
    const minimum = budget.minimum[key];
    if (actual === undefined || actual >= minimum) return undefined;
    if (key === "drainSeconds" && minimum > LONGEST_DRAIN_SECONDS) return undefined; // see answersCanBeDrained
    return {
      path: `chat.timing.${key}`,
      actual,
      rule: `must be at least ${minimum}: ${REASONS[key](budget)}`,
      fix: `Write ${key}: ${minimum}, or remove it`,
    };
  };

/** With a longer drain than it takes, the service does not start. */
const answersCanBeDrained: Rule = ({ config: { chat }, capacity: { budget } }) => {
  const { longestAnswerSeconds } = budget;
  if (longestAnswerSeconds <= LONGEST_DRAIN_SECONDS) return undefined;
  const { requestTimeoutSeconds, maxTokens } = chat;
  return {
    path: "chat.requestTimeoutSeconds",
    actual: requestTimeoutSeconds,
    rule:
      `lets an answer of ${maxTokens} tokens take ${longestAnswerSeconds} s at the slowest speed, and the service drains ` +
      `for ${LONGEST_DRAIN_SECONDS} s at most: an update would cut it off`,
    fix: `Write requestTimeoutSeconds: ${LONGEST_DRAIN_SECONDS}`,
  };
};

export const timingRules: readonly Rule[] = [
  answersCanBeDrained,
  ...(Object.keys(REASONS) as (keyof BudgetLimits)[]).map(overrideRule),
];
