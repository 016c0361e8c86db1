import { type HubModel, type ModelFile } from "./catalogue/models";
import { type ApplicationLoadBalancerTimes } from "./time/application-load-balancer-times";

/**
 * What the stacks take from the plan of an environment: model facts, probes, and the times that depend on each other.
 * What the configuration says literally (threads, request timeout, replicas) comes from there, and constants of a resource,
 * such as the windows of the autoscaler, stand in its construct.
 */
export interface EnvironmentPlan {
  readonly model: ModelFile | HubModel;
  /** Threads of llama.cpp, never more than the pod's whole cores. */
  readonly threads: number;
  /** Of the node group's instance type; null on an existing cluster, whose nodes this project does not choose. */
  readonly architecture: "amd64" | "arm64" | null;
  readonly probes: ProbePlan;
  /** `progressDeadlineSeconds` of the Deployment; a StatefulSet has none. */
  readonly progressDeadlineSeconds: number;
  /** Create and update timeout of the workload in Terraform. */
  readonly terraformTimeoutSeconds: number;
  /** The wait of the preStop hook, before SIGTERM. */
  readonly preStopSeconds: number;
  /** `DRAIN_SECONDS` of the service: what running answers get after SIGTERM. */
  readonly drainSeconds: number;
  readonly terminationGracePeriodSeconds: number;
  /** Interval of the comments that keep a stream open. */
  readonly heartbeatSeconds: number;
  /** Null without a load balancer. */
  readonly loadBalancerIdleTimeoutSeconds: number | null;
  /** Null without an Application Load Balancer (`exposure: { type: "https" }`). */
  readonly applicationLoadBalancer: ApplicationLoadBalancerTimes | null;
  /** Worst start with an empty cache: download, verification, load, warm-up. */
  readonly coldStartSeconds: number;
  /** Worst start with the model in the cache. */
  readonly warmStartSeconds: number;
}

export interface ProbePlan {
  readonly startup: ProbeTiming;
  readonly liveness: ProbeTiming;
  readonly readiness: ProbeTiming;
}

/** One probe, in the units of Kubernetes. Absent values are Kubernetes' defaults: no delay. */
export interface ProbeTiming {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}
