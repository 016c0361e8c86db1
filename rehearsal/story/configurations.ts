/**
 * The probe settings of the report, as they were tried one after another on a server that loads its model when the first
 * question comes and blocks its event loop meanwhile. Both of its probes ask `/health`, its only such path.
 */
import { type PodSpec } from "../kubelet/pod";
import { probeSpec, type ProbeKind, type ProbeSpec } from "../kubelet/probe-spec";

export interface StoryConfiguration {
  readonly id: "earlier" | "reported" | "proposed";
  readonly title: string;
  readonly pod: PodSpec;
}

/** Kubernetes' default, which the report did not change. */
const GRACE_SECONDS = 30;

/** Delay, period, time-out in seconds, and failures: the order in which the report writes them. */
function onHealth(kind: ProbeKind, delay: number, period: number, timeout: number, failures: number): ProbeSpec {
  return probeSpec(kind, {
    path: "/health",
    initialDelaySeconds: delay,
    periodSeconds: period,
    timeoutSeconds: timeout,
    failureThreshold: failures,
  });
}

const reported = {
  liveness: onHealth("liveness", 30, 30, 10, 15),
  readiness: onHealth("readiness", 10, 10, 5, 60),
};

export const STORY_CONFIGURATIONS: readonly StoryConfiguration[] = [
  {
    id: "earlier",
    title: "earlier: liveness 60/30/10/10, readiness 30/10/5/30",
    pod: {
      probes: { liveness: onHealth("liveness", 60, 30, 10, 10), readiness: onHealth("readiness", 30, 10, 5, 30) },
      terminationGracePeriodSeconds: GRACE_SECONDS,
    },
  },
  {
    id: "reported",
    title: "the report: liveness 30/30/10/15, readiness 10/10/5/60",
    pod: { probes: reported, terminationGracePeriodSeconds: GRACE_SECONDS },
  },
  {
    id: "proposed",
    title: "the report with a startup probe on /health: 10/10/1/60",
    pod: {
      // The proposal names no time-out: Kubernetes' default of 1 s.
      probes: { ...reported, startup: onHealth("startup", 10, 10, 1, 60) },
      terminationGracePeriodSeconds: GRACE_SECONDS,
    },
  },
];

/** How long loading the model took in the report; what is longer is the first answer on a throttled CPU. */
export const REPORTED_LOAD_SECONDS = 90;

/** How long one server is blocked: load alone (30, 90), and load with ever longer first answers. */
export const BLOCKED_SECONDS = [30, 90, 300, 450, 510, 900] as const;

/** When the process dies for want of memory, seconds after its load began. */
const DEATH_SECONDS = 60;

/** What a replay puts a server through. */
export type Ordeal = { readonly blockedSeconds: number } | { readonly deathSeconds: number };

export const ORDEALS: readonly Ordeal[] = [
  ...BLOCKED_SECONDS.map((blockedSeconds) => ({ blockedSeconds })),
  { deathSeconds: DEATH_SECONDS },
];
