/** Does the cluster know the kinds of the objects that the chat stack makes? Terraform cannot even plan them otherwise. */
import { stackNames } from "../../config/names";
import { type AppConfig } from "../../config/schema";
import { chatCustomResources } from "../../stacks/chat-custom-resources";
import { operatorOf } from "../lib/operators";
import { askCluster } from "./ask-cluster";
import { check, ok, problem, skipped } from "./check";

const KEDA_GROUP = "keda.sh";

export const definitionsCheck = check("custom kinds", (context) => {
  const { config } = context;
  const needed = chatCustomResources(config).map(({ resource, apiGroup }) => ({
    apiGroup,
    name: `${resource}.${apiGroup}`,
  }));
  if (needed.length === 0) return skipped("the environment makes no objects of such kinds");
  const names = needed.map(({ name }) => name);
  const answer = askCluster(context, ["get", "crd", ...names, "--ignore-not-found", "-o", "name"]);
  if (answer === undefined) return skipped(`the cluster is not there or does not answer; it needs ${names.join(", ")}`);
  const missing = needed.filter(({ name }) => !answer.split(/\s+/).some((line) => line.endsWith(`/${name}`)));
  if (missing.length === 0) return ok(names.join(", "));
  const groups = [...new Set(missing.map(({ apiGroup }) => apiGroup))];
  return problem(
    `the cluster has no ${missing.map(({ name }) => name).join(", ")}: the chat stack cannot be planned`,
    groups.map((group) => installLine(config, group)).join(" && "),
  );
});

/** KEDA belongs to the platform stack where there is one. */
function installLine(config: AppConfig, apiGroup: string): string {
  if (apiGroup === KEDA_GROUP && config.target === "eks")
    return `npm run deploy -- ${stackNames(config.environment).platform}`;
  const { chart, version, repository, namespace = config.monitoring.namespace } = operatorOf(apiGroup);
  return `helm install ${chart} ${chart} --version ${version} --repo ${repository} --namespace ${namespace} --create-namespace`;
}
