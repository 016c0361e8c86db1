import { ASSUMED, type TimeBudget, type TimeOverrides } from "./time-budget";
import { type RuleViolation } from "./workload-rules";

/** Overrides that break the order of the budget, each with the smallest value that keeps it. */
export function timeBudgetViolations(budget: TimeBudget, overrides: TimeOverrides): RuleViolation[] {
  const { minimum } = budget;
  const rules: readonly [keyof TimeOverrides, string][] = [
    [
      "startupWindowSeconds",
      `must be at least ${minimum.startupWindowSeconds}, ${ASSUMED.startupSafety} x the worst cold start of ` +
        `${budget.coldStartSeconds} s: a shorter one restarts a pod that is still downloading, for ever`,
    ],
    [
      "progressDeadlineSeconds",
      `must be at least ${minimum.progressDeadlineSeconds}: the old pod's grace, scheduling and image pull ` +
        `(${budget.beforeStartSeconds} s) and the startup window (${budget.startupWindowSeconds} s) come first`,
    ],
    [
      "terraformTimeoutSeconds",
      `must be at least ${minimum.terraformTimeoutSeconds}, more than the progress deadline of ` +
        `${budget.progressDeadlineSeconds} s for each pod of the rollout, or Terraform gives up on a rollout that is fine`,
    ],
    [
      "drainSeconds",
      `must be at least ${minimum.drainSeconds}: the longest answer takes ${budget.longestAnswerSeconds} s at the slowest ` +
        `speed, and a shorter drain cuts it off`,
    ],
    [
      "terminationGraceSeconds",
      `must be at least ${minimum.terminationGraceSeconds}: the drain of ${budget.drainSeconds} s and ` +
        `${ASSUMED.graceMarginSeconds} s to close, or the kubelet kills the last answers`,
    ],
  ];
  return rules.flatMap(([key, rule]) => {
    const actual = overrides[key];
    if (actual === undefined || actual >= minimum[key]) return [];
    return [
      { subject: `chat.timing.${key}`, actual, rule, fix: `Set ${key} to ${minimum[key]} or more, or leave it out` },
    ];
  });
}

/** A stream without a comment in time is cut by the load balancer in the middle of an answer. */
export function heartbeatViolation(
  heartbeatSeconds: number,
  idleTimeoutSeconds: number | null,
): RuleViolation | undefined {
  if (idleTimeoutSeconds === null || heartbeatSeconds < idleTimeoutSeconds) return undefined;
  return {
    subject: "chat.heartbeatSeconds",
    actual: heartbeatSeconds,
    rule: `must be less than the idle timeout of the load balancer (${idleTimeoutSeconds} s), which closes a silent stream`,
    fix: `Set heartbeatSeconds to ${Math.ceil(idleTimeoutSeconds / 4)} or exposure.idleTimeoutSeconds to more than ${heartbeatSeconds}`,
  };
}
