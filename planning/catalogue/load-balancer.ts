/**
 * Idle timeouts of a Network Load Balancer in seconds: 350 unless an attribute of a TCP listener says otherwise; that of
 * a TLS listener cannot be changed.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
 */
export const NLB_IDLE_TIMEOUT = { default: 350, minimum: 60, maximum: 6000 } as const;
