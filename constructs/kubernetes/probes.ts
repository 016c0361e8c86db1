import { PATHS, SERVICE_PORT_NAME } from "../../service/src/contract";
import { type EnvironmentPlan, type ProbeTiming } from "../../planning/environment-plan";

/**
 * The probes of the chat container, on the named port.
 *
 * Startup asks `/ready`, so the kubelet leaves the other two alone until the model has answered a first token: a slow
 * download or load can never be mistaken for a hang. Liveness asks `/health`, which is 200 while the process works at
 * all; it must not ask `/ready`, or a draining pod would be killed in the middle of its last answers.
 * @see https://kubernetes.io/docs/concepts/workloads/pods/probes/
 */
export function chatProbes(timing: EnvironmentPlan["probes"]) {
  return {
    startupProbe: httpProbe(PATHS.ready, timing.startup),
    livenessProbe: httpProbe(PATHS.health, timing.liveness),
    readinessProbe: httpProbe(PATHS.ready, timing.readiness),
  };
}

function httpProbe(path: string, timing: ProbeTiming) {
  return { httpGet: { path, port: SERVICE_PORT_NAME }, ...timing };
}
