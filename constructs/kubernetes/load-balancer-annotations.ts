import { SERVICE_PORT } from "../../service/src/contract";
import { type RuleViolation } from "../../planning/workload-rules";

/** Exposure by a Network Load Balancer. */
export interface LoadBalancerExposure {
  readonly type: "load-balancer";
  readonly scheme: "internal" | "internet-facing";
  /** CIDRs that may connect; at least one. */
  readonly sourceCidrs: readonly string[];
  /** Seconds. @default 350 */
  readonly idleTimeoutSeconds?: number;
  /** Who makes the load balancer. @default "in-tree" */
  readonly controller?: "in-tree" | "aws-load-balancer-controller";
  /** ACM certificate of a TLS listener. @default plain TCP */
  readonly certificateArn?: string;
}

/**
 * Idle timeouts of a Network Load Balancer in seconds: 350 unless an attribute of a TCP listener says otherwise; that of
 * a TLS listener cannot be changed.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
 */
export const NLB_IDLE_TIMEOUT = { default: 350, minimum: 60, maximum: 6000 } as const;

const PREFIX = "service.beta.kubernetes.io/aws-load-balancer";

/** Idle timeouts that the load balancer would not honour, and an open door that nobody asked for. */
export function exposureViolations(exposure: LoadBalancerExposure): RuleViolation[] {
  const { idleTimeoutSeconds = NLB_IDLE_TIMEOUT.default, controller = "in-tree" } = exposure;
  const violations: RuleViolation[] = [];
  if (exposure.sourceCidrs.length === 0) {
    violations.push({
      subject: "exposure.sourceCidrs",
      actual: "empty",
      rule: "would let the whole internet connect, because Kubernetes takes no range for every range",
      fix: "List the CIDRs that may connect",
    });
  }
  const idle = (rule: string, fix: string): RuleViolation => ({
    subject: "exposure.idleTimeoutSeconds",
    actual: idleTimeoutSeconds,
    rule,
    fix,
  });
  const { minimum, maximum } = NLB_IDLE_TIMEOUT;
  if (!Number.isInteger(idleTimeoutSeconds) || idleTimeoutSeconds < minimum || idleTimeoutSeconds > maximum) {
    violations.push(
      idle(
        `must be a whole number from ${minimum} to ${maximum} on a Network Load Balancer`,
        `Set it to ${NLB_IDLE_TIMEOUT.default} or leave it out`,
      ),
    );
  } else if (idleTimeoutSeconds !== NLB_IDLE_TIMEOUT.default && exposure.certificateArn !== undefined) {
    violations.push(
      idle(
        `cannot be set on a TLS listener, which always has ${NLB_IDLE_TIMEOUT.default}`,
        `Set it to ${NLB_IDLE_TIMEOUT.default} or leave it out`,
      ),
    );
  } else if (idleTimeoutSeconds !== NLB_IDLE_TIMEOUT.default && controller === "in-tree") {
    violations.push(
      idle(
        `cannot be set by the in-tree controller, which leaves ${NLB_IDLE_TIMEOUT.default}`,
        'Leave it out, or install the AWS Load Balancer Controller and set controller: "aws-load-balancer-controller"',
      ),
    );
  }
  return violations;
}

/**
 * The annotations of the Service. The two controllers read different ones:
 *
 * | | in-tree (every EKS cluster has it) | AWS Load Balancer Controller (install it yourself) |
 * |---|---|---|
 * | chosen by | `type: nlb` | `type: external` |
 * | internal | `internal: "true"` | `scheme: internal` |
 * | other zones | `cross-zone-load-balancing-enabled` | `attributes` |
 * | idle timeout | not settable on a Network Load Balancer | `listener-attributes.TCP-<port>` |
 * | TLS | `ssl-cert`, `ssl-ports` | `ssl-cert`, `ssl-ports` |
 *
 * Without any of them the in-tree controller makes a Classic Load Balancer, which cuts a connection after 60 idle
 * seconds. Targets are nodes with both: together with `externalTrafficPolicy: Local` the pod then sees the address of
 * the client, which is what the NetworkPolicy compares, and health checks go to the node instead of to the pod.
 * @see https://cloud-provider-aws.sigs.k8s.io/service_controller/
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/
 */
export function loadBalancerAnnotations(exposure: LoadBalancerExposure): Record<string, string> {
  const { scheme, certificateArn, controller = "in-tree" } = exposure;
  const tls: Record<string, string> =
    certificateArn === undefined
      ? {}
      : { [`${PREFIX}-ssl-cert`]: certificateArn, [`${PREFIX}-ssl-ports`]: String(SERVICE_PORT) };
  if (controller === "in-tree") {
    return {
      [`${PREFIX}-type`]: "nlb",
      ...(scheme === "internal" ? { [`${PREFIX}-internal`]: "true" } : {}),
      [`${PREFIX}-cross-zone-load-balancing-enabled`]: "true",
      ...tls,
    };
  }
  const { idleTimeoutSeconds = NLB_IDLE_TIMEOUT.default } = exposure;
  return {
    [`${PREFIX}-type`]: "external",
    [`${PREFIX}-nlb-target-type`]: "instance",
    [`${PREFIX}-scheme`]: scheme,
    [`${PREFIX}-attributes`]: "load_balancing.cross_zone.enabled=true",
    // A TLS listener has no such attribute.
    ...(certificateArn === undefined
      ? { [`${PREFIX}-listener-attributes.TCP-${SERVICE_PORT}`]: `tcp.idle_timeout.seconds=${idleTimeoutSeconds}` }
      : {}),
    ...tls,
  };
}
