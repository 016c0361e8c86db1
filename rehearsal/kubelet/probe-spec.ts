/**
 * A probe as the kubelet sees it, with the API's defaults and limits.
 *
 * Source: kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes
 * ("Configure Liveness, Readiness and Startup Probes", section "Configure Probes").
 */
export type ProbeKind = "startup" | "liveness" | "readiness";

export const PROBE_KINDS: readonly ProbeKind[] = ["startup", "liveness", "readiness"];

export interface ProbeSpec {
  /** Path of the HTTP GET. */
  readonly path: string;
  /** Host header and headers beyond it. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  /** Grace period of a kill by this probe; the pod's own where absent. Readiness cannot have one. */
  readonly terminationGracePeriodSeconds?: number;
}

/** What the API server fills in. */
const PROBE_DEFAULTS = {
  initialDelaySeconds: 0,
  periodSeconds: 10,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
} as const;

/** Smallest value that the API server accepts. */
const MINIMUM: Readonly<Record<keyof typeof PROBE_DEFAULTS, number>> = {
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 1,
};

/**
 * Fills in the defaults and checks the limits.
 *
 * @throws {Error} naming the probe, the field, its value and the rule
 */
export function probeSpec(kind: ProbeKind, given: Partial<ProbeSpec> & { readonly path: string }): ProbeSpec {
  const spec: ProbeSpec = { ...PROBE_DEFAULTS, ...given };
  for (const [field, minimum] of Object.entries(MINIMUM) as [keyof typeof MINIMUM, number][]) {
    const value = spec[field];
    if (!Number.isInteger(value) || value < minimum) {
      throw new Error(`${kind} probe: ${field} is ${value}. It must be a whole number of at least ${minimum}.`);
    }
  }
  if (kind !== "readiness" && spec.successThreshold !== 1) {
    throw new Error(
      `${kind} probe: successThreshold is ${spec.successThreshold}. It must be 1; only readiness may wait.`,
    );
  }
  const grace = spec.terminationGracePeriodSeconds;
  if (kind === "readiness" && grace !== undefined) {
    throw new Error(`readiness probe: terminationGracePeriodSeconds is ${grace}. Readiness never kills; remove it.`);
  }
  if (grace !== undefined && (!Number.isInteger(grace) || grace < 1)) {
    throw new Error(
      `${kind} probe: terminationGracePeriodSeconds is ${grace}. It must be a whole number of at least 1.`,
    );
  }
  return spec;
}

/**
 * Seconds after the container's start at which a probe that never succeeds sends its last attempt: the first comes at
 * the first whole period that reaches the delay. `plan-capacity` prints the same number: the budget gives startup a delay
 * of one period, which makes it period x failures. The kill follows at once, or `timeoutSeconds` later when there is no answer.
 */
export function windowSeconds({ initialDelaySeconds, periodSeconds, failureThreshold }: ProbeSpec): number {
  const first = Math.ceil(initialDelaySeconds / periodSeconds) * periodSeconds;
  return first + periodSeconds * (failureThreshold - 1);
}
