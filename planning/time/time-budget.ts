import { MIB } from "../byte-units";
import { type ProbePlan } from "../environment-plan";

/**
 * The one time budget of an environment. Probe windows, deadlines, timeouts and grace periods are all computed here from
 * the same few rates, so that each is longer than the one it has to wait for:
 *
 *     worst cold start x 2  <=  startup window  <  progress deadline  <  Terraform timeout
 *     worst cold start + an outage of the source that the service sits out  <=  startup window
 *     time until no more requests come  <=  preStop
 *     longest answer                    <=  drain
 *     preStop + drain                   <   termination grace
 *     heartbeat                                 <  idle timeout of the load balancer
 */
export interface TimeBudgetInput {
  readonly modelBytes: number;
  /** Slowest download to plan for. */
  readonly downloadMiBps: number;
  /** Throughput of the cache volume. */
  readonly volumeMiBps: number;
  /** Longest answer, tokens. */
  readonly maxTokens: number;
  /** Slowest stream to plan for, tokens a second. */
  readonly slowestTokensPerSecond: number;
  /** Slowest reading of a prompt to plan for, tokens a second. */
  readonly slowestPromptTokensPerSecond: number;
  /** No answer lasts longer than its deadline. */
  readonly requestTimeoutSeconds: number;
  /** Whether requests come through a load balancer outside of the cluster. */
  readonly behindLoadBalancer: boolean;
  /** Whether a pod is ready only once a load balancer has found it healthy. @default false */
  readonly readinessGate?: boolean;
  /** `in-place`: the old pod ends before the new one starts (Recreate). `one-by-one`: a StatefulSet, pod after pod. */
  readonly rollout: "in-place" | "one-by-one";
  /** Pods that a rollout goes through; the autoscaler's limit where there is one. */
  readonly replicas: number;
  readonly overrides?: TimeOverrides;
  /** Of an engine in an image that is not ours. @default the service of this repository */
  readonly engine?: EngineTimes | undefined;
}

/** What an engine takes for itself. */
export interface EngineTimes {
  /** From the process to the first answer, besides downloading and reading the weights. */
  readonly startSeconds: number;
  /** Compressed size of its image; it is pulled as slowly as the model. */
  readonly imageMiB: number;
}

/** Explicit values instead of computed ones, seconds. They are used as they are; `timeBudgetViolations` judges them. */
export interface TimeOverrides {
  readonly startupWindowSeconds?: number | undefined;
  readonly progressDeadlineSeconds?: number | undefined;
  readonly terraformTimeoutSeconds?: number | undefined;
  readonly drainSeconds?: number | undefined;
  readonly terminationGraceSeconds?: number | undefined;
}

/** One line of the budget: so many seconds, for this reason. */
export interface BudgetItem {
  readonly name: string;
  readonly seconds: number;
  readonly because: string;
}

export interface TimeBudget {
  /** Process start to first token with an empty cache. */
  readonly coldStart: readonly BudgetItem[];
  /** The same with the model in the cache, hashed again. */
  readonly warmStart: readonly BudgetItem[];
  readonly coldStartSeconds: number;
  readonly warmStartSeconds: number;
  /** What the rules ask for at least, before any override. */
  readonly minimum: BudgetLimits;
  readonly startupWindowSeconds: number;
  readonly progressDeadlineSeconds: number;
  readonly terraformTimeoutSeconds: number;
  /** Between the deletion of a pod and its SIGTERM; the service takes requests as before. */
  readonly preStopSeconds: number;
  readonly drainSeconds: number;
  readonly terminationGraceSeconds: number;
  /** Longest answer at the slowest speed, within the deadline of a request. */
  readonly longestAnswerSeconds: number;
  /** Before the container starts: old pod gone, scheduled, volume attached, image pulled. */
  readonly beforeStartSeconds: number;
  readonly imagePullSeconds: number;
  readonly probes: ProbePlan;
}

/** The smallest value that keeps the order, given the values before it. */
export interface BudgetLimits {
  readonly startupWindowSeconds: number;
  readonly progressDeadlineSeconds: number;
  readonly terraformTimeoutSeconds: number;
  readonly drainSeconds: number;
  readonly terminationGraceSeconds: number;
}

/** Assumptions of the budget, each deliberately on the slow side. */
export const ASSUMED = {
  /** Node starts, modules load, the port listens; 1 to 2 s on an idle core. */
  processStartSeconds: 5,
  /** sha256 on one core without SHA instructions; 1,500 MiB/s were measured with them. */
  sha256MiBps: 200,
  /** Half of the measured 383 MiB/s at which a file in the page cache is read and repacked. */
  repackMiBps: 190,
  /** Context creation and one token through a cold model. */
  warmUpSeconds: 10,
  /** What the prompts of /triage and of the chat page begin with, read at every start: some 280 tokens. */
  sharedPromptTokens: 400,
  /** Scheduler, volume creation and attachment, file system, sandbox. */
  schedulingSeconds: 120,
  /** An image of some 150 MiB at 10 MiB/s, unpacked on a busy disk, rounded up. */
  imagePullSeconds: 60,
  /** The startup window covers the worst cold start this many times. */
  startupSafety: 2,
  /** The model's source may be away so long during a start, whatever the size of the model. */
  sourceOutageSeconds: 120,
  /** The service's longest pause between two tries: so long can the end of an outage go unnoticed. */
  retryPauseSeconds: 60,
  /** Between deadlines that wait for each other. */
  marginSeconds: 60,
  /** After the deletion of a pod, kube-proxy on each node still sends requests until it has seen the EndpointSlice. */
  endpointRemovalSeconds: 5,
  /** The controller registers the pod, and two health checks of 10 s must pass, before the pod counts as ready. */
  readinessGateSeconds: 60,
  /** A load balancer of AWS sends requests up to 20 s longer than its target is registered, and 5 s for the way there. */
  targetRemovalSeconds: 25,
  /** From SIGTERM to a closed listener, and from the last token to the exit, beyond the drain. */
  graceMarginSeconds: 15,
  /** An answer of a few tokens still needs its prompt read. */
  minimumDrainSeconds: 10,
} as const;

/**
 * Periods and thresholds of the probes; only the number of startup failures depends on the model.
 *
 * `/health` and `/ready` answered within 190 ms while a model was loading and within 100 ms while four streams were
 * being answered, so a timeout of a few seconds tells a stall from a busy moment. Liveness waits for six failures in a
 * row: a minute, against the restart it would cost.
 */
const PROBES = {
  startup: { periodSeconds: 5, timeoutSeconds: 3 },
  liveness: { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  readiness: { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 },
} as const;

export function timeBudget(input: TimeBudgetInput): TimeBudget {
  const coldStart = startItems(input, true);
  const warmStart = startItems(input, false);
  const coldStartSeconds = sum(coldStart);
  const { overrides = {}, engine } = input;

  const longestAnswerSeconds = Math.min(
    input.requestTimeoutSeconds,
    Math.ceil(input.maxTokens / input.slowestTokensPerSecond),
  );
  const minimumDrain = Math.max(ASSUMED.minimumDrainSeconds, longestAnswerSeconds);
  const drainSeconds = overrides.drainSeconds ?? minimumDrain;
  const preStopSeconds = input.behindLoadBalancer ? ASSUMED.targetRemovalSeconds : ASSUMED.endpointRemovalSeconds;
  const minimumGrace = preStopSeconds + drainSeconds + ASSUMED.graceMarginSeconds;
  const terminationGraceSeconds = overrides.terminationGraceSeconds ?? minimumGrace;

  const minimumWindow = Math.max(
    ASSUMED.startupSafety * coldStartSeconds,
    coldStartSeconds + ASSUMED.sourceOutageSeconds + ASSUMED.retryPauseSeconds,
  );
  const startup = startupProbe(overrides.startupWindowSeconds ?? minimumWindow);
  const startupWindowSeconds = startup.periodSeconds * startup.failureThreshold;

  const imagePullSeconds =
    engine === undefined ? ASSUMED.imagePullSeconds : Math.ceil(engine.imageMiB / input.downloadMiBps);
  const beforeStartSeconds = terminationGraceSeconds + ASSUMED.schedulingSeconds + imagePullSeconds;
  const gateSeconds = input.readinessGate === true ? ASSUMED.readinessGateSeconds : 0;
  const minimumDeadline = beforeStartSeconds + startupWindowSeconds + gateSeconds + ASSUMED.marginSeconds;
  const progressDeadlineSeconds = overrides.progressDeadlineSeconds ?? minimumDeadline;
  const pods = input.rollout === "one-by-one" ? input.replicas : 1;
  const minimumTerraform = wholeMinutes(pods * progressDeadlineSeconds + ASSUMED.marginSeconds);

  return {
    coldStart,
    warmStart,
    coldStartSeconds,
    warmStartSeconds: sum(warmStart),
    minimum: {
      startupWindowSeconds: minimumWindow,
      progressDeadlineSeconds: minimumDeadline,
      terraformTimeoutSeconds: minimumTerraform,
      drainSeconds: minimumDrain,
      terminationGraceSeconds: minimumGrace,
    },
    startupWindowSeconds,
    progressDeadlineSeconds,
    terraformTimeoutSeconds: overrides.terraformTimeoutSeconds ?? minimumTerraform,
    preStopSeconds,
    drainSeconds,
    terminationGraceSeconds,
    longestAnswerSeconds,
    beforeStartSeconds,
    imagePullSeconds,
    probes: { startup, liveness: PROBES.liveness, readiness: PROBES.readiness },
  };
}

/**
 * The kubelet probes first after the delay and kills at the last failure, so a delay of one period makes
 * period x failures exactly the time that the container has.
 */
function startupProbe(windowSeconds: number): ProbePlan["startup"] {
  const { periodSeconds, timeoutSeconds } = PROBES.startup;
  const failureThreshold = Math.ceil(windowSeconds / periodSeconds);
  return { initialDelaySeconds: periodSeconds, periodSeconds, timeoutSeconds, failureThreshold };
}

function startItems(input: TimeBudgetInput, cold: boolean): BudgetItem[] {
  const mib = input.modelBytes / MIB;
  const downloadMiBps = Math.min(input.downloadMiBps, input.volumeMiBps);
  const hashMiBps = Math.min(ASSUMED.sha256MiBps, input.volumeMiBps);
  const size = `${Math.round(mib)} MiB`;
  const download = cold
    ? [{ name: "download", seconds: Math.ceil(mib / downloadMiBps), because: `${size} at ${downloadMiBps} MiB/s` }]
    : [];
  if (input.engine !== undefined) {
    const because = "imports, compilation and a first answer, with nothing cached";
    const seconds = Math.ceil(mib / input.volumeMiBps);
    return [
      ...download,
      { name: "load", seconds, because: `${size} read at ${input.volumeMiBps} MiB/s` },
      { name: "engine", seconds: input.engine.startSeconds, because },
    ];
  }
  return [
    { name: "start", seconds: ASSUMED.processStartSeconds, because: "process start until the port listens" },
    ...download,
    {
      name: "verify",
      seconds: Math.ceil(mib / hashMiBps),
      because: `sha256 of ${size} at ${hashMiBps} MiB/s, the slower of hashing and the volume`,
    },
    {
      name: "load",
      seconds: Math.ceil(mib / input.volumeMiBps + mib / ASSUMED.repackMiBps),
      because: `read at ${input.volumeMiBps} MiB/s, repacked at ${ASSUMED.repackMiBps} MiB/s`,
    },
    {
      name: "warm-up",
      seconds: ASSUMED.warmUpSeconds + Math.ceil(ASSUMED.sharedPromptTokens / input.slowestPromptTokensPerSecond),
      because: `context, a first token, and the ${ASSUMED.sharedPromptTokens} tokens that many prompts begin with`,
    },
  ];
}

function sum(items: readonly BudgetItem[]): number {
  return items.reduce((total, { seconds }) => total + seconds, 0);
}

function wholeMinutes(seconds: number): number {
  return Math.ceil(seconds / 60) * 60;
}
