import { ChatIngress, type ChatIngressProps, type HttpsExposure } from "../../../constructs/kubernetes/chat-ingress";
import { SAMPLE_ALB_TIMES } from "../../helpers/sample-config";
import { synthConstructs } from "../../helpers/synth-stack";

const EXPOSURE: HttpsExposure = {
  type: "https",
  host: "chat.example.com",
  certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d",
  scheme: "internet-facing",
  sourceCidrs: ["203.0.113.0/24", "198.51.100.0/24"],
  subnets: ["public-a", "public-b"],
  subnetCidrs: ["10.0.1.0/24", "10.0.2.0/24"],
};
const PROPS: ChatIngressProps = {
  name: "chat-api",
  namespace: "carepath",
  exposure: EXPOSURE,
  times: SAMPLE_ALB_TIMES,
};

const synth = (exposure: Partial<HttpsExposure> = {}, props: Partial<ChatIngressProps> = {}) =>
  synthConstructs(
    (stack) => new ChatIngress(stack, "ingress", { ...PROPS, exposure: { ...EXPOSURE, ...exposure }, ...props }),
  );

const annotation = (name: string, exposure?: Partial<HttpsExposure>, props?: Partial<ChatIngressProps>) =>
  (synth(exposure, props).one("kubernetes_ingress_v1")["metadata"] as { annotations: Record<string, string> })
    .annotations[`alb.ingress.kubernetes.io/${name}`];

it("routes the host to the Service, and is the load balancer's own class", () => {
  expect(synth().spec("kubernetes_ingress_v1")).toMatchObject({
    ingress_class_name: "alb",
    rule: [
      {
        host: "chat.example.com",
        http: {
          path: [
            { path: "/metrics", path_type: "Exact" },
            { path: "/", path_type: "Prefix", backend: { service: { name: "chat-api", port: { name: "http" } } } },
          ],
        },
      },
    ],
  });
  expect(synth().one("kubernetes_ingress_v1")["wait_for_load_balancer"]).toBe(true);
});

it("answers 404 for /metrics itself, by a rule that the path names", () => {
  const [path] = (
    synth().spec("kubernetes_ingress_v1")["rule"] as [{ http: { path: [{ backend: { service: { name: string } } }] } }]
  )[0].http.path;
  expect(path.backend).toMatchObject({ service: { port: { name: "use-annotation" } } });
  expect(JSON.parse(annotation(`actions.${path.backend.service.name}`) ?? "")).toMatchObject({
    type: "fixed-response",
    fixedResponseConfig: { statusCode: "404" },
  });
});

it.each([
  ["target-type", "ip"],
  ["scheme", "internet-facing"],
  ["subnets", "public-a,public-b"],
  ["inbound-cidrs", "203.0.113.0/24,198.51.100.0/24"],
  ["listen-ports", '[{"HTTP":80},{"HTTPS":443}]'],
  ["ssl-redirect", "443"],
  ["ssl-policy", "ELBSecurityPolicy-TLS13-1-2-2021-06"],
  ["certificate-arn", EXPOSURE.certificateArn],
  ["healthcheck-path", "/ready"],
  ["success-codes", "200"],
  [
    "target-group-attributes",
    "load_balancing.algorithm.type=least_outstanding_requests,deregistration_delay.timeout_seconds=117",
  ],
  [
    "load-balancer-attributes",
    "idle_timeout.timeout_seconds=611,routing.http.drop_invalid_header_fields.enabled=true,access_logs.s3.enabled=false",
  ],
  ["wafv2-acl-arn", undefined],
])("has the annotation %s", (name, value) => {
  expect(annotation(name)).toBe(value);
});

it.each<[string, Partial<HttpsExposure>, string]>([
  ["scheme", { scheme: "internal" }, "internal"],
  ["wafv2-acl-arn", { wafAclArn: "arn:acl" }, "arn:acl"],
  [
    "load-balancer-attributes",
    { accessLogs: { bucket: "logs", prefix: "chat" } },
    "access_logs.s3.enabled=true,access_logs.s3.bucket=logs,access_logs.s3.prefix=chat",
  ],
  ["load-balancer-attributes", { accessLogs: { bucket: "logs" } }, "access_logs.s3.bucket=logs"],
])("%s follows %j", (name, exposure, expected) => {
  expect(annotation(name, exposure)).toContain(expected);
});
