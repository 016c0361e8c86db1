import { Release } from "@cdktf/provider-helm/lib/release";
import { Construct } from "constructs";

import { type ChartEdit, chartEdits } from "./chart-edits";

export interface HelmChartProps {
  readonly chart: string;
  /** Name of the release. @default that of the chart */
  readonly release?: string;
  readonly repository: string;
  /** Exact version; an upgrade is a change that a review sees. */
  readonly version: string;
  readonly namespace: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Time until the pods of the release must be ready. @default 600 */
  readonly timeoutSeconds?: number;
  /** Leave out the definitions of kinds that the chart brings along. @default false */
  readonly skipCrds?: boolean;
  /** What the chart has no value for. @default [] */
  readonly edits?: readonly ChartEdit[];
}

/** A chart that is either installed and ready, or rolled back: the next stack builds on it. */
export class HelmChart extends Construct {
  readonly release: Release;

  constructor(scope: Construct, id: string, props: HelmChartProps) {
    super(scope, id);
    this.release = new Release(this, "release", {
      name: props.release ?? props.chart,
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
      skipCrds: props.skipCrds,
      postrender: props.edits && chartEdits(props.edits),
      maxHistory: 5,
    });
  }
}
