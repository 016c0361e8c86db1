import { type AppConfig } from "../../config/schema";
import { SERVICE_PORT } from "../../service/src/contract";

/** Exposure by a Network Load Balancer, as the configuration has it. */
export interface LoadBalancerExposure extends Extract<AppConfig["chat"]["exposure"], { type: "load-balancer" }> {
  /** Tags of the load balancer. @default none of ours */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

const PREFIX = "service.beta.kubernetes.io/aws-load-balancer";

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
 * Where the AWS Load Balancer Controller is installed, its webhook takes over every new Service of type LoadBalancer and
 * does not read the in-tree annotations: say so with `controller`.
 * @see https://cloud-provider-aws.sigs.k8s.io/service_controller/
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/
 */
export function loadBalancerAnnotations(exposure: LoadBalancerExposure): Record<string, string> {
  const { scheme, certificateArn, controller, idleTimeoutSeconds, tags = {} } = exposure;
  const tagList = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  const tagged: Record<string, string> =
    tagList.length === 0 ? {} : { [`${PREFIX}-additional-resource-tags`]: tagList.join(",") };
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
      ...tagged,
    };
  }
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
    ...tagged,
  };
}
