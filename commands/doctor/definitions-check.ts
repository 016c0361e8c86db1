/** Does the cluster know the kinds of the objects that the chat stack makes? Terraform cannot even plan them otherwise. */
import { stackNames } from "../../config/names";
import { type AppConfig } from "../../config/schema";
import { KEDA_CHART } from "../../constructs/kubernetes/keda";
import { chatCustomResources } from "../../stacks/chat-custom-resources";
import { askCluster } from "./ask-cluster";
import { type Check, ok, problem, skipped } from "./check";

const KEDA_GROUP = "keda.sh";

interface Chart {
  readonly chart: string;
  readonly version: string;
  readonly repository: string;
  readonly namespace: string;
}

/** What brings the kinds of an API group. */
function operatorOf(apiGroup: string, { monitoring }: AppConfig): Chart {
  switch (apiGroup) {
    case "monitoring.coreos.com":
      return {
        chart: "kube-prometheus-stack",
        version: "88.5.3",
        repository: "https://prometheus-community.github.io/helm-charts",
        namespace: monitoring.namespace,
      };
    case "external-secrets.io":
      return {
        chart: "external-secrets",
        version: "2.4.1",
        repository: "https://charts.external-secrets.io",
        namespace: "external-secrets",
      };
    case KEDA_GROUP:
      return KEDA_CHART;
    default:
      throw new Error(`No chart is known for the kinds of ${apiGroup}. Add it here.`);
  }
}

export const definitionsCheck: Check = {
  title: "custom kinds",
  needsAws: false,
  run: (context) => {
    const { config } = context;
    const needed = chatCustomResources(config).map(({ resource, apiGroup }) => ({
      apiGroup,
      name: `${resource}.${apiGroup}`,
    }));
    if (needed.length === 0) return skipped("the environment makes no objects of such kinds");
    const names = needed.map(({ name }) => name);
    const answer = askCluster(context, ["get", "crd", ...names, "--ignore-not-found", "-o", "name"]);
    if (answer === undefined)
      return skipped(`the cluster is not there or does not answer; it needs ${names.join(", ")}`);
    const missing = needed.filter(({ name }) => !answer.split(/\s+/).some((line) => line.endsWith(`/${name}`)));
    if (missing.length === 0) return ok(names.join(", "));
    const groups = [...new Set(missing.map(({ apiGroup }) => apiGroup))];
    return problem(
      `the cluster has no ${missing.map(({ name }) => name).join(", ")}: the chat stack cannot be planned`,
      groups.map((group) => installLine(config, group)).join(" && "),
    );
  },
};

/** KEDA belongs to the platform stack where there is one. */
function installLine(config: AppConfig, apiGroup: string): string {
  if (apiGroup === KEDA_GROUP && config.target === "eks")
    return `npm run deploy -- ${stackNames(config.environment).platform}`;
  const { chart, version, repository, namespace } = operatorOf(apiGroup, config);
  return `helm install ${chart} ${chart} --version ${version} --repo ${repository} --namespace ${namespace} --create-namespace`;
}
