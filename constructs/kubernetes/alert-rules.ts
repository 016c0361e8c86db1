import { type EnvironmentPlan } from "../../planning/environment-plan";

/** One alert of Prometheus. @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: "critical" | "warning" };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

export interface AlertRulesProps {
  /** Label `job` of the series, as Prometheus scrapes them. */
  readonly job: string;
  readonly namespace: string;
  /** Name of the workload; its claims begin with it or end in it. */
  readonly name: string;
  /** Requests that may wait for a slot. */
  readonly maxQueue: number;
  readonly startupProbe: EnvironmentPlan["probes"]["startup"];
}

/** Where the runbook lies; each alert has a section of its own name there. */
const RUNBOOK = "docs/runbook.md";

/** 95 % of the answers should begin within this time, seconds. */
const FIRST_TOKEN_SECONDS = 20;

/** Share of the requests for an answer that may be turned away. */
const REFUSED_SHARE = 0.02;

/** Share of the quota periods in which the kernel may stop the service. */
const THROTTLED_SHARE = 0.05;

/** Share of a cache volume that should be free. */
const FREE_SHARE = 0.1;

/** The alerts of one chat service. Every threshold that the configuration decides comes from it. */
export function alertRules({ job, namespace, name, maxQueue, startupProbe }: AlertRulesProps): AlertRule[] {
  const of = (metric: string, more = "") => `${metric}{job="${job}"${more}}`;
  const windowSeconds = startupProbe.periodSeconds * startupProbe.failureThreshold;
  return [
    rule("CarepathNotReady", "critical", `${windowSeconds}s`, {
      expr: `${of("carepath_ready")} == 0`,
      summary: "{{ $labels.instance }} is not ready",
      description: `It has not been ready for longer than its startup window of ${windowSeconds} s.`,
    }),
    gone("CarepathGone", "chat service", of("carepath_ready")),
    queueGrowing("CarepathQueueGrowing", of("carepath_queue_depth"), maxQueue),
    rule("CarepathRefusing", "warning", "2m", {
      expr:
        `sum(rate(${of("http_requests_total", ',status="429"')}[5m])) ` +
        `/ sum(rate(${of("http_requests_total", ',method="POST"')}[5m])) > ${REFUSED_SHARE}`,
      summary: "Clients get 429",
      description: "{{ $value | humanizePercentage }} of the requests for an answer are turned away.",
    }),
    firstTokenSlow("CarepathFirstTokenSlow", of("carepath_time_to_first_token_seconds_bucket")),
    rule("CarepathThrottled", "warning", "10m", {
      expr:
        `rate(${of("carepath_cpu_throttled_periods_total")}[5m]) ` +
        `/ rate(${of("carepath_cpu_periods_total")}[5m]) > ${THROTTLED_SHARE}`,
      summary: "The CPU quota stops {{ $labels.instance }}",
      description: "{{ $value | humanizePercentage }} of the quota periods were cut short.",
    }),
    rule("CarepathRestarts", "warning", "0m", {
      expr: `changes(${of("process_start_time_seconds")}[1h]) > 1`,
      summary: "{{ $labels.instance }} restarts",
      description: "The service has been started {{ $value }} times within an hour.",
    }),
    rule("CarepathVolumeFilling", "warning", "10m", {
      expr:
        `kubelet_volume_stats_available_bytes{namespace="${namespace}",persistentvolumeclaim=~".*${name}.*"} ` +
        `/ kubelet_volume_stats_capacity_bytes{namespace="${namespace}",persistentvolumeclaim=~".*${name}.*"} < ${FREE_SHARE}`,
      summary: "{{ $labels.persistentvolumeclaim }} fills up",
      description: "{{ $value | humanizePercentage }} of the model cache are free.",
    }),
  ];
}

/** @param series one that each pod has from its start to its end */
export function gone(alert: string, engine: string, series: string): AlertRule {
  return rule(alert, "critical", "5m", {
    expr: `absent(${series})`,
    summary: `No ${engine} answers Prometheus`,
    description: "No pod has been scraped for five minutes.",
  });
}

/** @param waiting gauge of the requests that wait at a pod */
export function queueGrowing(alert: string, waiting: string, maxQueue: number): AlertRule {
  return rule(alert, "warning", "2m", {
    expr: `avg_over_time(${waiting}[5m]) > ${Math.max(1, Math.floor(maxQueue / 2))}`,
    summary: "Requests wait at {{ $labels.instance }}",
    description: `On average {{ $value | humanize }} requests have waited for five minutes; ${maxQueue} may wait.`,
  });
}

/** @param buckets of the histogram of seconds until the first token */
export function firstTokenSlow(alert: string, buckets: string): AlertRule {
  return rule(alert, "warning", "5m", {
    expr: `histogram_quantile(0.95, sum by (le) (rate(${buckets}[10m]))) > ${FIRST_TOKEN_SECONDS}`,
    summary: "Answers begin slowly",
    description: `One answer in twenty begins after {{ $value | humanizeDuration }}; ${FIRST_TOKEN_SECONDS} s are meant.`,
  });
}

export function rule(
  alert: string,
  severity: AlertRule["labels"]["severity"],
  duration: string,
  { expr, summary, description }: { readonly expr: string; readonly summary: string; readonly description: string },
): AlertRule {
  return {
    alert,
    expr,
    for: duration,
    labels: { severity },
    annotations: { summary, description, runbook_url: `${RUNBOOK}#${alert.toLowerCase()}` },
  };
}
