import { type AlertRule, type AlertRulesProps, FIRST_TOKEN_SECONDS, rule } from "./alert-rules";

/** Share of the memory for conversations that may be in use; above it vLLM takes answers back and starts them again. */
const FULL_SHARE = 0.95;

/**
 * The alerts of one vLLM engine, by its own metrics; docs/runbook.md has their sections too.
 * @see https://docs.vllm.ai/en/latest/usage/metrics/
 */
export function vllmAlertRules({ job, maxQueue }: Pick<AlertRulesProps, "job" | "maxQueue">): AlertRule[] {
  const of = (metric: string) => `${metric}{job="${job}"}`;
  return [
    rule("VllmGone", "critical", "5m", {
      expr: `absent(${of("vllm:num_requests_running")})`,
      summary: "No vLLM engine answers Prometheus",
      description: "No pod has been scraped for five minutes.",
    }),
    rule("VllmQueueGrowing", "warning", "2m", {
      expr: `avg_over_time(${of("vllm:num_requests_waiting")}[5m]) > ${Math.max(1, Math.floor(maxQueue / 2))}`,
      summary: "Requests wait at {{ $labels.instance }}",
      description: `On average {{ $value | humanize }} requests have waited for five minutes; ${maxQueue} may wait.`,
    }),
    rule("VllmFirstTokenSlow", "warning", "5m", {
      expr: `histogram_quantile(0.95, sum by (le) (rate(${of("vllm:time_to_first_token_seconds_bucket")}[10m]))) > ${FIRST_TOKEN_SECONDS}`,
      summary: "Answers begin slowly",
      description: `One answer in twenty begins after {{ $value | humanizeDuration }}; ${FIRST_TOKEN_SECONDS} s are meant.`,
    }),
    rule("VllmMemoryFull", "warning", "10m", {
      expr: `${of("vllm:kv_cache_usage_perc")} > ${FULL_SHARE}`,
      summary: "The GPU of {{ $labels.instance }} is full of conversations",
      description: "{{ $value | humanizePercentage }} of the memory for conversations are in use.",
    }),
  ];
}
