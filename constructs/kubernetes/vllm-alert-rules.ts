import { type AlertRule, type AlertRulesProps, firstTokenSlow, gone, queueGrowing, rule } from "./alert-rules";

/** Share of the memory for conversations that may be in use; above it vLLM takes answers back and starts them again. */
const FULL_SHARE = 0.95;

/**
 * The alerts of one vLLM engine, by its own metrics; docs/runbook.md has their sections too.
 * @see https://docs.vllm.ai/en/latest/usage/metrics/
 */
export function vllmAlertRules({ job, maxQueue }: Pick<AlertRulesProps, "job" | "maxQueue">): AlertRule[] {
  const of = (metric: string) => `${metric}{job="${job}"}`;
  return [
    gone("VllmGone", "vLLM engine", of("vllm:num_requests_running")),
    queueGrowing("VllmQueueGrowing", of("vllm:num_requests_waiting"), maxQueue),
    firstTokenSlow("VllmFirstTokenSlow", of("vllm:time_to_first_token_seconds_bucket")),
    rule("VllmMemoryFull", "warning", "10m", {
      expr: `${of("vllm:kv_cache_usage_perc")} > ${FULL_SHARE}`,
      summary: "The GPU of {{ $labels.instance }} is full of conversations",
      description: "{{ $value | humanizePercentage }} of the memory for conversations are in use.",
    }),
  ];
}
