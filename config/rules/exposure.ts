import { NLB_IDLE_TIMEOUT } from "../../planning/catalogue/load-balancer";
import { type Rule } from "./rule";

/** A timeout that no controller sets would be a promise that the load balancer never heard of. */
const idleTimeoutCanBeSet: Rule = ({ config: { chat } }) => {
  const { exposure } = chat;
  if (exposure.type === "cluster-ip" || exposure.idleTimeoutSeconds === NLB_IDLE_TIMEOUT.default) return undefined;
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
const heartbeatKeepsStreamsOpen: Rule = ({ config: { chat } }) => {
  const { exposure, heartbeatSeconds } = chat;
  if (exposure.type === "cluster-ip" || heartbeatSeconds < exposure.idleTimeoutSeconds) return undefined;
  return {
    path: "chat.heartbeatSeconds",
    actual: heartbeatSeconds,
    rule: `must be less than the idle timeout of the load balancer (${exposure.idleTimeoutSeconds} s), which closes a silent stream`,
    fix: `Write heartbeatSeconds: ${Math.ceil(exposure.idleTimeoutSeconds / 4)}`,
  };
};

export const exposureRules: readonly Rule[] = [idleTimeoutCanBeSet, heartbeatKeepsStreamsOpen];
