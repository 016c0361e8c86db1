import { IngressV1 } from "@cdktf/provider-kubernetes/lib/ingress-v1";
import { Construct } from "constructs";

import { type AppConfig } from "../../config/schema";
import { type ApplicationLoadBalancerTimes } from "../../planning/time/application-load-balancer-times";
import { PATHS, SERVICE_PORT_NAME } from "../../service/src/contract";
import { INGRESS_CLASS } from "./load-balancer-controller";
import { workloadLabels } from "./workload-labels";

type ConfiguredExposure = Extract<AppConfig["chat"]["exposure"], { type: "https" }>;

/** Exposure by an Application Load Balancer that ends TLS, as the configuration has it and with what the stack adds. */
export interface HttpsExposure extends Omit<ConfiguredExposure, "host" | "certificateArn" | "hostedZoneId"> {
  readonly host: string;
  readonly certificateArn: string;
  /** Subnets of the load balancer, each in another zone, by id or by their tag `Name`. */
  readonly subnets: readonly string[];
  /** The blocks of these subnets. */
  readonly subnetCidrs: readonly string[];
}

export interface ChatIngressProps {
  /** Name of the workload and of its Service. */
  readonly name: string;
  readonly namespace: string;
  readonly exposure: HttpsExposure;
  readonly times: ApplicationLoadBalancerTimes;
  /** What the load balancer asks of a pod. @default PATHS.ready */
  readonly healthCheckPath?: string | undefined;
}

const PREFIX = "alb.ingress.kubernetes.io";

/** TLS 1.2 and 1.3. @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html */
const TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/** Name of the rule that answers for `/metrics`, which needs no key: it is read inside of the cluster only. */
const METRICS_RULE = "metrics-stay-inside";

const HEALTH_CHECK = { intervalSeconds: 10, timeoutSeconds: 5, healthy: 2, unhealthy: 2 } as const;

/**
 * HTTPS for the service. Pods are the targets themselves, so that a pod is ready only once the load balancer has found it
 * healthy (readiness gate) and the load balancer chooses the one with the fewest running answers: by our simulation the
 * same nodes then carry 2.5 times the users of a choice at random. Plain HTTP is sent to HTTPS.
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
 */
export class ChatIngress extends Construct {
  readonly ingress: IngressV1;

  constructor(scope: Construct, id: string, props: ChatIngressProps) {
    super(scope, id);
    const { name, namespace, exposure } = props;
    this.ingress = new IngressV1(this, "ingress", {
      metadata: { name, namespace, labels: workloadLabels(name), annotations: annotations(props) },
      spec: {
        ingressClassName: INGRESS_CLASS,
        rule: [
          {
            host: exposure.host,
            http: {
              path: [
                path(PATHS.metrics, "Exact", METRICS_RULE, "use-annotation"),
                path("/", "Prefix", name, SERVICE_PORT_NAME),
              ],
            },
          },
        ],
      },
      // The host name of the load balancer is known then, and pods that start get their readiness gate.
      waitForLoadBalancer: true,
    });
  }

  /** The name that AWS gives the load balancer. */
  get hostname(): string {
    return this.ingress.status.get(0).loadBalancer.get(0).ingress.get(0).hostname;
  }
}

function path(value: string, pathType: "Exact" | "Prefix", service: string, port: string) {
  return { path: value, pathType, backend: { service: { name: service, port: { name: port } } } };
}

function annotations({ exposure, times, healthCheckPath = PATHS.ready }: ChatIngressProps): Record<string, string> {
  const { wafAclArn, accessLogs } = exposure;
  const values: Readonly<Record<string, string | undefined>> = {
    scheme: exposure.scheme,
    subnets: exposure.subnets.join(","),
    "inbound-cidrs": exposure.sourceCidrs.join(","),
    "target-type": "ip",
    "listen-ports": JSON.stringify([{ HTTP: 80 }, { HTTPS: 443 }]),
    "ssl-redirect": "443",
    "ssl-policy": TLS_POLICY,
    "certificate-arn": exposure.certificateArn,
    "healthcheck-path": healthCheckPath,
    "healthcheck-interval-seconds": String(HEALTH_CHECK.intervalSeconds),
    "healthcheck-timeout-seconds": String(HEALTH_CHECK.timeoutSeconds),
    "healthy-threshold-count": String(HEALTH_CHECK.healthy),
    "unhealthy-threshold-count": String(HEALTH_CHECK.unhealthy),
    "success-codes": "200",
    "target-group-attributes": attributes({
      "load_balancing.algorithm.type": "least_outstanding_requests",
      "deregistration_delay.timeout_seconds": times.deregistrationDelaySeconds,
    }),
    "load-balancer-attributes": attributes({
      "idle_timeout.timeout_seconds": times.idleTimeoutSeconds,
      "routing.http.drop_invalid_header_fields.enabled": true,
      // Written out when they are off too: the controller leaves alone what no attribute names.
      "access_logs.s3.enabled": accessLogs !== undefined,
      "access_logs.s3.bucket": accessLogs?.bucket,
      "access_logs.s3.prefix": accessLogs?.prefix,
    }),
    "wafv2-acl-arn": wafAclArn,
    [`actions.${METRICS_RULE}`]: JSON.stringify({
      type: "fixed-response",
      fixedResponseConfig: { contentType: "text/plain", statusCode: "404", messageBody: "" },
    }),
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[`${PREFIX}/${key}`, value]])),
  );
}

function attributes(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
