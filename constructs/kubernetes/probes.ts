import { PATHS, SERVICE_PORT_NAME } from "../../service/src/contract";
import { type EnvironmentPlan, type ProbeTiming } from "../../planning/environment-plan";

/** A probe in the form that the pod of a Deployment and of a StatefulSet share. */
export interface HttpProbe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
  readonly successThreshold?: number;
}

/** The three probes of the chat container. */
export interface ChatProbes {
  readonly startupProbe: HttpProbe;
  readonly livenessProbe: HttpProbe;
  readonly readinessProbe: HttpProbe;
}

/**
 * The probes of the chat container, on the named port.
 *
 * Startup asks `/ready`, so the kubelet leaves the other two alone until the model has answered a first token: a slow
 * download or load can never be mistaken for a hang. Liveness asks `/health`, which is 200 while the process works at
 * all; it must not ask `/ready`, or a draining pod would be killed in the middle of its last answers.
 * @see https://kubernetes.io/docs/concepts/workloads/pods/probes/
 */
export function chatProbes(timing: EnvironmentPlan["probes"]): ChatProbes {
  return {
    startupProbe: httpProbe(PATHS.ready, timing.startup),
    livenessProbe: httpProbe(PATHS.health, timing.liveness),
    readinessProbe: httpProbe(PATHS.ready, timing.readiness),
  };
}

function httpProbe(path: string, timing: ProbeTiming): HttpProbe {
  return { httpGet: { path, port: SERVICE_PORT_NAME }, ...timing };
}
