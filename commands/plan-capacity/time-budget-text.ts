import { type EnvironmentPlan } from "../../planning/environment-plan";
import { ASSUMED, type BudgetItem, type TimeBudget } from "../../planning/time/time-budget";
import { textTable } from "../lib/text-table";
import { type CapacityReport } from "./report";

/** The time budget, each number with what it follows from. */
export function timeBudgetLines(report: CapacityReport): string[] {
  const { budget, plan, throughput } = report.assessment;
  const { startup, liveness } = budget.probes;
  const { graceMarginSeconds, marginSeconds, schedulingSeconds } = ASSUMED;
  const { imagePullSeconds } = budget;
  const rows = [
    ["worst cold start", `${budget.coldStartSeconds} s`, items(budget.coldStart)],
    ["worst warm start", `${budget.warmStartSeconds} s`, items(budget.warmStart)],
    [
      "startup probe",
      `${budget.startupWindowSeconds} s`,
      `${startup.failureThreshold} failures x ${startup.periodSeconds} s, at least ${ASSUMED.startupSafety} x the cold start`,
    ],
    [
      "progress deadline",
      `${budget.progressDeadlineSeconds} s`,
      `more than grace ${budget.terminationGraceSeconds} + scheduling ${schedulingSeconds} + image ${imagePullSeconds} + startup probe ${budget.startupWindowSeconds}${readinessGate(plan)}`,
    ],
    ["Terraform timeout", `${budget.terraformTimeoutSeconds} s`, terraformTimeout(report, marginSeconds)],
    [
      "liveness probe",
      `${liveness.periodSeconds * liveness.failureThreshold} s`,
      `${liveness.failureThreshold} failures x ${liveness.periodSeconds} s, timeout ${liveness.timeoutSeconds} s, only after the startup probe`,
    ],
    ["preStop", `${budget.preStopSeconds} s`, preStopReason(budget)],
    [
      "drain",
      `${budget.drainSeconds} s`,
      `longest answer ${budget.longestAnswerSeconds} s at the slowest ${throughput.slowest.toFixed(1)} tok/s`,
    ],
    ["termination grace", `${budget.terminationGraceSeconds} s`, `preStop + drain + ${graceMarginSeconds} s to close`],
    ...(report.assessment.gpu === null ? [heartbeat(plan)] : []),
  ];
  return ["Time budget", ...textTable(rows, ["left", "right", "left"])];
}

function heartbeat({ heartbeatSeconds, loadBalancerIdleTimeoutSeconds: idle }: EnvironmentPlan): string[] {
  return [
    "heartbeat",
    `${heartbeatSeconds} s`,
    idle === null ? "no load balancer" : `less than the idle timeout of the load balancer, ${idle} s`,
  ];
}

/** A pod of an Application Load Balancer is ready only once that has found it healthy. */
function readinessGate({ applicationLoadBalancer }: EnvironmentPlan): string {
  return applicationLoadBalancer === null
    ? ""
    : ` + health checks of the load balancer ${ASSUMED.readinessGateSeconds}`;
}

function preStopReason({ preStopSeconds }: TimeBudget): string {
  return preStopSeconds === ASSUMED.endpointRemovalSeconds
    ? "requests still come until each node has seen that the pod ends"
    : "the load balancer still sends requests to a pod that ends";
}

/** A StatefulSet replaces its pods one after another, and Terraform waits for all of them. */
function terraformTimeout({ assessment: { budget }, service }: CapacityReport, marginSeconds: number): string {
  const pods = service.maxReplicas ?? service.replicas;
  const deadlines = pods === 1 ? "the progress deadline" : `the progress deadline of each of ${pods} pods`;
  const overridden = budget.terraformTimeoutSeconds !== budget.minimum.terraformTimeoutSeconds;
  return overridden
    ? `set by the configuration, more than ${deadlines}`
    : `${deadlines} + ${marginSeconds} s, in whole minutes`;
}

function items(list: readonly BudgetItem[]): string {
  return list.map(({ name, seconds }) => `${name} ${seconds}`).join(" + ");
}
