import { ChatService, type Exposure } from "../../../constructs/kubernetes/chat-service";
import { type LoadBalancerExposure } from "../../../constructs/kubernetes/load-balancer-annotations";
import { SERVICE_PORT } from "../../../service/src/contract";
import { synthConstructs } from "../../helpers/synth-stack";
import { INTERNAL_LOAD_BALANCER } from "../../helpers/exposures";

const PREFIX = "service.beta.kubernetes.io/aws-load-balancer";
const CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/abc";
const INTERNAL: LoadBalancerExposure = { ...INTERNAL_LOAD_BALANCER, sourceCidrs: ["10.0.0.0/8"] };

function service(exposure: Exposure = { type: "cluster-ip" }) {
  return synthConstructs((stack) => {
    new ChatService(stack, "service", { name: "chat-api", namespace: "carepath", exposure });
  }).one("kubernetes_service_v1");
}

function annotations(exposure: Partial<LoadBalancerExposure>): Record<string, string> {
  const { metadata } = service({ ...INTERNAL, ...exposure }) as { metadata: { annotations: Record<string, string> } };
  return metadata.annotations;
}

it("stays inside the cluster", () => {
  expect(service()).toMatchObject({
    metadata: { name: "chat-api", namespace: "carepath" },
    spec: {
      type: "ClusterIP",
      selector: { "app.kubernetes.io/name": "chat-api" },
      port: [{ name: "http", port: SERVICE_PORT, target_port: "http", protocol: "TCP" }],
    },
  });
  expect(service()).not.toHaveProperty("metadata.annotations");
});

describe("a load balancer", () => {
  it("lets in the source CIDRs and shows the pod who they are", () => {
    expect(service({ ...INTERNAL, sourceCidrs: ["10.0.0.0/8", "192.0.2.0/24"] })["spec"]).toMatchObject({
      type: "LoadBalancer",
      external_traffic_policy: "Local",
      load_balancer_source_ranges: ["10.0.0.0/8", "192.0.2.0/24"],
      port: [{ port: SERVICE_PORT, target_port: "http" }],
    });
  });

  it("is a Network Load Balancer by the in-tree controller, not a Classic one with 60 idle seconds", () => {
    expect(annotations({})).toEqual({
      [`${PREFIX}-type`]: "nlb",
      [`${PREFIX}-internal`]: "true",
      [`${PREFIX}-cross-zone-load-balancing-enabled`]: "true",
    });
  });

  it("faces the internet only where the scheme says so", () => {
    expect(annotations({ scheme: "internet-facing" })).not.toHaveProperty([`${PREFIX}-internal`]);
  });

  it.each(["internal", "internet-facing"] as const)(
    "tells the AWS Load Balancer Controller scheme %s, node targets and the idle timeout",
    (scheme) => {
      expect(annotations({ scheme, controller: "aws-load-balancer-controller", idleTimeoutSeconds: 900 })).toEqual({
        [`${PREFIX}-type`]: "external",
        [`${PREFIX}-nlb-target-type`]: "instance",
        [`${PREFIX}-scheme`]: scheme,
        [`${PREFIX}-attributes`]: "load_balancing.cross_zone.enabled=true",
        [`${PREFIX}-listener-attributes.TCP-${SERVICE_PORT}`]: "tcp.idle_timeout.seconds=900",
      });
    },
  );

  it.each(["in-tree", "aws-load-balancer-controller"] as const)(
    "terminates TLS with a certificate (%s)",
    (controller) => {
      const tls = annotations({ controller, certificateArn: CERTIFICATE });
      expect(tls).toMatchObject({ [`${PREFIX}-ssl-cert`]: CERTIFICATE, [`${PREFIX}-ssl-ports`]: String(SERVICE_PORT) });
      // The attribute exists on TCP listeners only.
      expect(Object.keys(tls).filter((name) => name.includes("listener-attributes"))).toEqual([]);
    },
  );

  it.each(["in-tree", "aws-load-balancer-controller"] as const)("tags the load balancer (%s)", (controller) => {
    expect(annotations({ controller, tags: { Project: "carepath-chat", Environment: "x" } })).toMatchObject({
      [`${PREFIX}-additional-resource-tags`]: "Project=carepath-chat,Environment=x",
    });
    expect(annotations({ controller })).not.toHaveProperty([`${PREFIX}-additional-resource-tags`]);
  });
});
