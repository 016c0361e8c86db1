import { Release } from "@cdktf/provider-helm/lib/release";
import { Construct } from "constructs";

export interface HelmChartProps {
  /** Name of the release and of the chart. */
  readonly chart: string;
  readonly repository: string;
  /** Exact version; an upgrade is a change that a review sees. */
  readonly version: string;
  readonly namespace: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Seconds until the pods of the release must be ready. @default 600 */
  readonly timeoutSeconds?: number;
}

/** A chart that is either installed and ready, or rolled back: the next stack builds on it. */
export class HelmChart extends Construct {
  readonly release: Release;

  constructor(scope: Construct, id: string, props: HelmChartProps) {
    super(scope, id);
    this.release = new Release(this, "release", {
      name: props.chart,
      chart: props.chart,
      repository: props.repository,
      version: props.version,
      namespace: props.namespace,
      // JSON is YAML, and it reads the same on every machine.
      values: [JSON.stringify(props.values, undefined, 2)],
      atomic: true,
      cleanupOnFail: true,
      wait: true,
      timeout: props.timeoutSeconds ?? 600,
      maxHistory: 5,
    });
  }
}
