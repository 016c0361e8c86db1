import { ALB_IDLE_TIMEOUT, ALB_LONGEST_DEREGISTRATION_SECONDS } from "../catalogue/load-balancer";

/** Times of an Application Load Balancer and of the connections between it and the pods, seconds. */
export interface ApplicationLoadBalancerTimes {
  /** Longer than a request may take, so that an answer that is not streamed is not cut off. */
  readonly idleTimeoutSeconds: number;
  /** What running answers get once their pod takes no more requests. */
  readonly deregistrationDelaySeconds: number;
  /**
   * How long the service keeps an unused connection. The load balancer must be the one that closes it: a request that it
   * sends on a connection that the pod is closing is answered 502.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-502-issues
   */
  readonly keepAliveSeconds: number;
}

/** Between timeouts that wait for each other. */
const MARGIN_SECONDS = 10;

export function applicationLoadBalancerTimes(input: {
  readonly requestTimeoutSeconds: number;
  readonly preStopSeconds: number;
  readonly drainSeconds: number;
}): ApplicationLoadBalancerTimes {
  const idleTimeoutSeconds = Math.min(ALB_IDLE_TIMEOUT.maximum, input.requestTimeoutSeconds + MARGIN_SECONDS);
  return {
    idleTimeoutSeconds,
    deregistrationDelaySeconds: Math.min(ALB_LONGEST_DEREGISTRATION_SECONDS, input.preStopSeconds + input.drainSeconds),
    keepAliveSeconds: idleTimeoutSeconds + MARGIN_SECONDS,
  };
}
