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
}

/** Time until the pods of a release must be ready. */
const TIMEOUT_SECONDS = 600;

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
      timeout: TIMEOUT_SECONDS,
      maxHistory: 5,
    });
  }
}
