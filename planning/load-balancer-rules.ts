import { type RuleViolation } from "./workload-rules";

/**
 * Idle timeouts of a Network Load Balancer in seconds: 350 unless an attribute of a TCP listener says otherwise; that of
 * a TLS listener cannot be changed.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
 */
export const NLB_IDLE_TIMEOUT = { default: 350, minimum: 60, maximum: 6000 } as const;

/** What decides the idle timeout of a Network Load Balancer. */
export interface IdleTimeoutChoice {
  /** Seconds. @default 350 */
  readonly idleTimeoutSeconds?: number;
  /** @default "in-tree" */
  readonly controller?: "in-tree" | "aws-load-balancer-controller";
  /** @default plain TCP */
  readonly certificateArn?: string;
}

/** A timeout that nobody sets is the worst kind: the configuration promises what the load balancer never heard of. */
export function idleTimeoutViolation(choice: IdleTimeoutChoice): RuleViolation | undefined {
  const { idleTimeoutSeconds = NLB_IDLE_TIMEOUT.default, controller = "in-tree" } = choice;
  const violation = (rule: string, fix: string): RuleViolation => ({
    subject: "chat.exposure.idleTimeoutSeconds",
    actual: idleTimeoutSeconds,
    rule,
    fix,
  });
  const { minimum, maximum, default: usual } = NLB_IDLE_TIMEOUT;
  if (!Number.isInteger(idleTimeoutSeconds) || idleTimeoutSeconds < minimum || idleTimeoutSeconds > maximum) {
    return violation(
      `must be a whole number from ${minimum} to ${maximum} on a Network Load Balancer`,
      `Set it to ${usual} or leave it out`,
    );
  }
  if (idleTimeoutSeconds === usual) return undefined;
  if (choice.certificateArn !== undefined) {
    return violation(
      `cannot be set on a TLS listener, which always has ${usual}`,
      `Set it to ${usual} or leave it out`,
    );
  }
  if (controller === "in-tree") {
    return violation(
      `cannot be set by the in-tree controller, which leaves ${usual}`,
      'Leave it out, or install the AWS Load Balancer Controller and set controller: "aws-load-balancer-controller"',
    );
  }
  return undefined;
}
