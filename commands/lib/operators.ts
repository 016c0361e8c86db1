import { KEDA_CHART } from "../../constructs/kubernetes/keda";

/** What brings the custom kinds of an API group. */
export interface Operator {
  readonly chart: string;
  /** Of the chart. */
  readonly version: string;
  readonly repository: string;
  /** @default `monitoring.namespace` of the configuration */
  readonly namespace?: string;
  /** The Go module that has the definitions of the chart's release as files: the end-to-end suite installs them alone. */
  readonly module: { readonly path: string; readonly version: string };
}

/** By API group. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  "monitoring.coreos.com": {
    chart: "kube-prometheus-stack",
    version: "88.5.3",
    repository: "https://prometheus-community.github.io/helm-charts",
    module: { path: "github.com/prometheus-operator/prometheus-operator", version: "v0.93.1" },
  },
  // Only its newest minor version is supported: https://external-secrets.io/latest/introduction/stability-support/
  "external-secrets.io": {
    chart: "external-secrets",
    version: "2.9.0",
    repository: "https://charts.external-secrets.io",
    namespace: "external-secrets",
    // Go cannot name a later release, because the module's path has no /v2. Since then `external-secrets.io/v1` has got new
    // fields and values and has lost defaults; it refuses nothing that it accepted, so what this definition accepts is right.
    module: { path: "github.com/external-secrets/external-secrets", version: "v1.3.2" },
  },
  "keda.sh": { ...KEDA_CHART, module: { path: "github.com/kedacore/keda/v2", version: `v${KEDA_CHART.version}` } },
};

export function operatorOf(apiGroup: string): Operator {
  const operator = OPERATORS[apiGroup];
  if (operator === undefined)
    throw new Error(`No operator is known for the kinds of ${apiGroup}. Add it to commands/lib/operators.ts.`);
  return operator;
}
