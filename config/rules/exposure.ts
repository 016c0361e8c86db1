import { NLB_IDLE_TIMEOUT } from "../../planning/catalogue/load-balancer";
import { contains, parseCidr } from "../../planning/cidr";
import { podCidrs } from "../pod-cidrs";
import { onEks, type Rule } from "./rule";

/** A timeout that no controller sets would be a promise that the load balancer never heard of. */
const idleTimeoutCanBeSet: Rule = ({ config: { chat } }) => {
  const { exposure } = chat;
  if (exposure.type !== "load-balancer" || exposure.idleTimeoutSeconds === NLB_IDLE_TIMEOUT.default) return undefined;
  const { idleTimeoutSeconds, controller, certificateArn } = exposure;
  const problem = { path: "chat.exposure.idleTimeoutSeconds", actual: idleTimeoutSeconds };
  if (certificateArn !== undefined) {
    return {
      ...problem,
      rule: `cannot be set on a TLS listener, which always has ${NLB_IDLE_TIMEOUT.default}`,
      fix: "Remove idleTimeoutSeconds",
    };
  }
  if (controller === "aws-load-balancer-controller") return undefined;
  return {
    ...problem,
    rule: `cannot be set by the in-tree controller, which leaves ${NLB_IDLE_TIMEOUT.default}`,
    fix: 'Remove it, or install the AWS Load Balancer Controller and write controller: "aws-load-balancer-controller"',
  };
};

/** The load balancer cuts a stream without a comment in time, in the middle of an answer. */
const heartbeatKeepsStreamsOpen: Rule = ({ config: { chat }, capacity: { plan } }) => {
  const { heartbeatSeconds } = chat;
  const idleTimeout = plan.loadBalancerIdleTimeoutSeconds;
  if (idleTimeout === null || heartbeatSeconds < idleTimeout) return undefined;
  return {
    path: "chat.heartbeatSeconds",
    actual: heartbeatSeconds,
    rule: `must be less than the idle timeout of the load balancer (${idleTimeout} s), which closes a silent stream`,
    fix: `Write heartbeatSeconds: ${Math.ceil(idleTimeout / 4)}`,
  };
};

const httpsIsOnEks: Rule = ({ config: { target, chat } }) => {
  if (chat.exposure.type !== "https" || target === "eks") return undefined;
  return {
    path: "chat.exposure.type",
    actual: chat.exposure.type,
    rule: "needs a cluster of this project, whose platform stack installs the controller and whose subnets are known",
    fix: 'Write exposure: { type: "cluster-ip" } and route to the Service with the ingress of the cluster',
  };
};

const httpsHasAHost: Rule = ({ config: { chat } }) => {
  const { exposure } = chat;
  if (exposure.type !== "https" || exposure.host !== undefined) return undefined;
  return {
    path: "chat.exposure.host",
    actual: undefined,
    rule: "is missing: a certificate is for a name",
    fix: "Set CAREPATH_HOST to the DNS name of the service, e.g. chat.example.com",
    missing: "CAREPATH_HOST",
  };
};

const httpsNamesItsClients: Rule = ({ config: { chat } }) => {
  const { exposure } = chat;
  if (exposure.type !== "https" || exposure.sourceCidrs.length > 0) return undefined;
  return {
    path: "chat.exposure.sourceCidrs",
    actual: exposure.sourceCidrs,
    rule: "must name the networks that may connect: without them the load balancer is open to everyone",
    fix: "Set CAREPATH_SOURCE_CIDRS to the networks of the users, or to 0.0.0.0/0 where everyone may",
    missing: "CAREPATH_SOURCE_CIDRS",
  };
};

const httpsHasACertificate: Rule = ({ config: { chat } }) => {
  const { exposure } = chat;
  if (exposure.type !== "https" || exposure.certificateArn !== undefined || exposure.hostedZoneId !== undefined) {
    return undefined;
  }
  return {
    path: "chat.exposure.certificateArn",
    actual: undefined,
    rule: "is missing, and so is hostedZoneId, with which a certificate would be made: HTTPS needs one of them",
    fix: "Set CAREPATH_HOSTED_ZONE_ID to the Route 53 zone of the host, or CAREPATH_CERTIFICATE_ARN",
    missing: "CAREPATH_HOSTED_ZONE_ID",
  };
};

/** API keys and what patients type would cross the network in clear text. */
const productionIsEncrypted: Rule = ({ config: { production, chat } }) => {
  const { exposure } = chat;
  if (!production || exposure.type !== "load-balancer" || exposure.certificateArn !== undefined) return undefined;
  return {
    path: "chat.exposure.type",
    actual: exposure.type,
    rule: "without a certificate would send API keys and questions of production in clear text",
    fix: 'Write exposure: { type: "https", host: "chat.example.com", hostedZoneId: "Z...", scheme: "internal", sourceCidrs: ["10.0.0.0/8"] }, or add certificateArn',
  };
};

/** The pods of the cluster have addresses of the VPC, so the NetworkPolicy would admit them as clients of the load balancer. */
const clientsAreNoPods = onEks(({ config }) => {
  const { exposure } = config.chat;
  if (exposure.type !== "load-balancer") return undefined;
  const pods = podCidrs(config);
  const inside = exposure.sourceCidrs.find((cidr) => pods.some((block) => isWithin(cidr, block)));
  if (inside === undefined) return undefined;
  return {
    path: "chat.exposure.sourceCidrs",
    actual: exposure.sourceCidrs,
    rule: `has ${inside}, addresses of the VPC (${pods.join(", ")}), which every pod of the cluster has as well: the NetworkPolicy would let them all in`,
    fix: "Name networks outside of the VPC; pods get in by chat.allowedNamespaceLabels",
  };
});

function isWithin(cidr: string, block: string): boolean {
  const [inner, outer] = [parseCidr(cidr), parseCidr(block)];
  return inner !== undefined && outer !== undefined && contains(outer, inner);
}

/** An Application Load Balancer needs two zones, and its subnets must hold no pods: the NetworkPolicy admits them. */
const httpsHasSubnets = onEks(({ config: { network, chat } }) => {
  const { existing } = network;
  if (chat.exposure.type !== "https" || existing === undefined) return undefined;
  const given = Object.keys(existing.loadBalancerSubnets);
  if (given.length >= 2) return undefined;
  return {
    path: "network.existing.loadBalancerSubnets",
    actual: given,
    rule: "must have subnets in two zones for an Application Load Balancer, apart from those of the nodes",
    fix: `Add ${network.zones.map((zone) => `"${zone}": { id: "subnet-...", cidr: "..." }`).join(", ")}`,
  };
});

export const exposureRules: readonly Rule[] = [
  idleTimeoutCanBeSet,
  heartbeatKeepsStreamsOpen,
  httpsIsOnEks,
  httpsHasAHost,
  httpsHasACertificate,
  httpsNamesItsClients,
  productionIsEncrypted,
  clientsAreNoPods,
  httpsHasSubnets,
];
