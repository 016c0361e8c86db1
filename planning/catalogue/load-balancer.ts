/**
 * Idle timeouts of a Network Load Balancer in seconds: 350 unless an attribute of a TCP listener says otherwise; that of
 * a TLS listener cannot be changed.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
 */
export const NLB_IDLE_TIMEOUT = { default: 350, minimum: 60, maximum: 6000 } as const;

/**
 * Idle timeouts of an Application Load Balancer in seconds.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#connection-idle-timeout
 */
export const ALB_IDLE_TIMEOUT = { default: 60, minimum: 1, maximum: 4000 } as const;

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay */
export const ALB_LONGEST_DEREGISTRATION_SECONDS = 3600;
