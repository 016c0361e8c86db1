/** Each alert against series that must and must not make it fire, by promtool. */
import { expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { alertRules, type AlertRule } from "../../constructs/kubernetes/alert-rules.js";
import { vllmAlertRules } from "../../constructs/kubernetes/vllm-alert-rules.js";
import { promtool, ruleFile } from "./prometheus.js";

const ROOT = process.cwd();
const JOB = "carepath-demo/chat-api";
const RULES = [
  ...alertRules({
    job: JOB,
    namespace: "carepath-demo",
    name: "chat-api",
    maxQueue: 16,
    startupProbe: { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 60 },
  }),
  ...vllmAlertRules({ job: JOB, maxQueue: 16 }),
];

/** A series with the labels of one pod. */
const of = (metric: string, values: string, labels = "") => ({
  series: `${metric}{job="${JOB}",instance="a"${labels}}`,
  values,
});
const CLAIM = ',namespace="carepath-demo",persistentvolumeclaim="chat-api-model-cache"';
const READY = of("carepath_ready", "1x60");
const VLLM = of("vllm:num_requests_running", "1x60");
const buckets = (under: string, all: string, metric = "carepath_time_to_first_token_seconds_bucket") => [
  of(metric, under, ',le="20"'),
  of(metric, all, ',le="40"'),
  of(metric, all, ',le="+Inf"'),
];
const vllmBuckets = (under: string) => buckets(under, "0+100x30", "vllm:time_to_first_token_seconds_bucket");

interface Case {
  readonly alert: string;
  /** Minute at which it is looked at. */
  readonly at: number;
  readonly fires: boolean;
  readonly series: readonly { readonly series: string; readonly values: string }[];
}

const CASES: readonly Case[] = [
  { alert: "CarepathNotReady", at: 4, fires: false, series: [of("carepath_ready", "0x60")] },
  { alert: "CarepathNotReady", at: 6, fires: true, series: [of("carepath_ready", "0x60")] },
  { alert: "CarepathNotReady", at: 8, fires: false, series: [of("carepath_ready", "0 0 0 0 1 0 0 0 0")] },
  { alert: "CarepathGone", at: 6, fires: true, series: [] },
  { alert: "CarepathGone", at: 6, fires: false, series: [READY] },
  { alert: "CarepathQueueGrowing", at: 12, fires: true, series: [READY, of("carepath_queue_depth", "9x20")] },
  { alert: "CarepathQueueGrowing", at: 12, fires: false, series: [READY, of("carepath_queue_depth", "8x20")] },
  {
    alert: "CarepathRefusing",
    at: 15,
    fires: true,
    series: [
      READY,
      of("http_requests_total", "0+3x20", ',method="POST",status="429"'),
      of("http_requests_total", "0+97x20", ',method="POST",status="200"'),
    ],
  },
  {
    alert: "CarepathRefusing",
    at: 15,
    fires: false,
    series: [
      READY,
      of("http_requests_total", "0+1x20", ',method="POST",status="429"'),
      of("http_requests_total", "0+99x20", ',method="POST",status="200"'),
    ],
  },
  { alert: "CarepathFirstTokenSlow", at: 20, fires: true, series: [READY, ...buckets("0+90x30", "0+100x30")] },
  { alert: "CarepathFirstTokenSlow", at: 20, fires: false, series: [READY, ...buckets("0+96x30", "0+100x30")] },
  {
    alert: "CarepathThrottled",
    at: 20,
    fires: true,
    series: [
      READY,
      of("carepath_cpu_periods_total", "0+600x30"),
      of("carepath_cpu_throttled_periods_total", "0+31x30"),
    ],
  },
  {
    alert: "CarepathThrottled",
    at: 20,
    fires: false,
    series: [
      READY,
      of("carepath_cpu_periods_total", "0+600x30"),
      of("carepath_cpu_throttled_periods_total", "0+29x30"),
    ],
  },
  {
    alert: "CarepathRestarts",
    at: 10,
    fires: true,
    series: [READY, of("process_start_time_seconds", "1 1 9 9 20x20")],
  },
  { alert: "CarepathRestarts", at: 10, fires: false, series: [READY, of("process_start_time_seconds", "1 1 9x20")] },
  {
    alert: "CarepathVolumeFilling",
    at: 15,
    fires: true,
    series: [
      READY,
      { series: `kubelet_volume_stats_available_bytes{job="kubelet"${CLAIM}}`, values: "9x20" },
      { series: `kubelet_volume_stats_capacity_bytes{job="kubelet"${CLAIM}}`, values: "100x20" },
    ],
  },
  {
    alert: "CarepathVolumeFilling",
    at: 15,
    fires: false,
    series: [
      READY,
      { series: `kubelet_volume_stats_available_bytes{job="kubelet"${CLAIM}}`, values: "11x20" },
      { series: `kubelet_volume_stats_capacity_bytes{job="kubelet"${CLAIM}}`, values: "100x20" },
    ],
  },
  { alert: "VllmGone", at: 6, fires: true, series: [] },
  { alert: "VllmGone", at: 6, fires: false, series: [VLLM] },
  { alert: "VllmQueueGrowing", at: 12, fires: true, series: [of("vllm:num_requests_waiting", "9x20")] },
  { alert: "VllmQueueGrowing", at: 12, fires: false, series: [of("vllm:num_requests_waiting", "8x20")] },
  { alert: "VllmFirstTokenSlow", at: 20, fires: true, series: vllmBuckets("0+90x30") },
  { alert: "VllmFirstTokenSlow", at: 20, fires: false, series: vllmBuckets("0+96x30") },
  { alert: "VllmMemoryFull", at: 15, fires: true, series: [of("vllm:kv_cache_usage_perc", "0.96x20")] },
  { alert: "VllmMemoryFull", at: 15, fires: false, series: [of("vllm:kv_cache_usage_perc", "0.94x20")] },
];

it("has a case that fires and one that does not for every alert", () => {
  for (const fires of [true, false]) {
    const tried = CASES.filter((each) => each.fires === fires).map(({ alert }) => alert);
    expect([...new Set(tried)].sort()).toEqual(RULES.map(({ alert }) => alert).sort());
  }
});

/** What fires of one rule alone, as promtool counts: by expecting nothing and reading what it got instead. */
function firing(rule: AlertRule, { at, series }: Case): boolean {
  const test = {
    rule_files: ["rules.yml"],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: series,
        alert_rule_test: [{ eval_time: `${at}m`, alertname: rule.alert, exp_alerts: [] }],
      },
    ],
  };
  try {
    promtool(
      { "rules.yml": { groups: [{ name: "chat", rules: [rule] }] }, "test.yml": test },
      "test",
      "rules",
      "test.yml",
    );
    return false;
  } catch (error) {
    if (!/got:\[\s*0:/.test(String(error))) throw error;
    return true;
  }
}

it.each(CASES.map((each) => [each.alert, each.fires ? "fires" : "is silent", each] as const))(
  "%s %s",
  (alert, _, each) => {
    const rule = RULES.find((candidate) => candidate.alert === alert);
    expect(rule && firing(rule, each)).toBe(each.fires);
  },
);

it("are rules that Prometheus takes", () => {
  expect(promtool({ "rules.yml": ruleFile(RULES) }, "check", "rules", "rules.yml")).toContain(
    `${RULES.length} rules found`,
  );
});

it("are those of docs/monitoring/alert-rules.yaml, for who has no Prometheus Operator", () => {
  const text = readFileSync(join(ROOT, "docs/monitoring/alert-rules.yaml"), "utf8");
  const { groups } = parse(text) as { groups: { rules: AlertRule[] }[] };
  const written = groups.flatMap(({ rules }) => rules);
  const [first] = written;
  const windowSeconds = Number(/^(\d+)s$/.exec(first?.for ?? "")?.[1]);
  const startupProbe = { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: windowSeconds / 5 };
  expect(written).toEqual(
    alertRules({ job: JOB, namespace: "carepath-demo", name: "chat-api", maxQueue: 16, startupProbe }),
  );
});

it("each have a section of the runbook", () => {
  const runbook = readFileSync(join(ROOT, "docs/runbook.md"), "utf8");
  for (const { alert, annotations } of RULES) {
    expect(runbook).toContain(`\n## ${alert}\n`);
    expect(annotations.runbook_url).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
  }
});
