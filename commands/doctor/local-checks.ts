/** What can be checked without asking AWS. */
import { repositoryWithIdsCommand } from "../../config/fields";
import { clusterName } from "../../config/names";
import { apiAccessProblem } from "../lib/api-access";
import { contextOf, contextsIn, defaultKubeconfigs, kubeconfigPath } from "../lib/kubeconfig";
import { terraformBinary, terraformProblem, terraformVersion } from "../lib/terraform-version";
import { check, type CheckContext, type Finding, ok, problem, skipped, warning } from "./check";
import { atLeast, parseVersion, withinSkew } from "../lib/versions";

/** `engines` of package.json, as two bounds. */
const NODE = { minimum: "20.9.0", below: "25.0.0" } as const;

export const nodeCheck = check("Node", ({ nodeVersion }) =>
  atLeast(nodeVersion, NODE.minimum) && !atLeast(nodeVersion, NODE.below)
    ? ok(nodeVersion)
    : problem(
        `${nodeVersion}; 20.9 to 24 is needed`,
        "Install Node 22, e.g. `nvm install` (the version is in .nvmrc).",
      ),
);

export const terraformCheck = check("terraform", ({ env, run }) => {
  const binary = terraformBinary(env);
  const answer = run(binary, ["version", "-json"]);
  const found = terraformProblem(binary, answer);
  return found === undefined ? ok(terraformVersion(answer ?? "") ?? "") : problem(found.detail, found.fix);
});

/** The oldest versions that the EKS user guide asks for ("2.12.3 or later or 1.27.160 or later"). */
const AWS_CLI = { one: "1.27.160", two: "2.12.3" } as const;

export const awsCliCheck = check("aws CLI", ({ config, run }) => {
  if (config.target !== "eks") return skipped("not needed for an existing cluster");
  const fix = "Install AWS CLI 2: the Kubernetes and Helm providers get their cluster token from `aws eks get-token`.";
  const output = run("aws", ["--version"]);
  if (output === undefined) return problem("not found on the PATH", fix);
  const version = /aws-cli\/(\S+)/.exec(output)?.[1] ?? "unknown version";
  const minimum = parseVersion(version)?.[0] === 1 ? AWS_CLI.one : AWS_CLI.two;
  return atLeast(version, minimum) ? ok(version) : problem(`${version}; ${minimum} or newer is needed`, fix);
});

export const kubectlCheck = check("kubectl", ({ config, run }) => {
  const version = /"gitVersion"\s*:\s*"([^"]+)"/.exec(run("kubectl", ["version", "--client", "-o", "json"]) ?? "")?.[1];
  if (version === undefined) {
    return warning(
      "not found on the PATH",
      "Install kubectl: a deploy works without it, every page of the runbook needs it.",
    );
  }
  if (config.target !== "eks") return ok(version);
  const server = config.cluster.kubernetesVersion;
  if (withinSkew(version, server)) return ok(version);
  return warning(
    `${version}; the cluster is ${server}, and kubectl may be one minor version apart`,
    `Install kubectl ${server}.`,
  );
});

/** What `npm run image` builds with, and `kind load` takes the image from. */
export const containerToolCheck = check("container tool", ({ run }) => {
  const found = ["docker", "podman", "buildah"].find((tool) => run(tool, ["--version"]) !== undefined);
  if (found !== undefined) return ok(found);
  return warning(
    "neither docker nor podman nor buildah on the PATH",
    "Install one of them to build the image; a deploy of an image that is in the registry needs none.",
  );
});

/** `npm run deploy` refuses the same; here it is found before the image is built. */
export const apiAccessCheck = check("API access", ({ config }) => {
  if (config.target !== "eks") return skipped("the kubeconfig decides on an existing cluster");
  const { publicAccess, publicAccessCidrs, deployFromInside } = config.cluster.endpoint;
  const found = apiAccessProblem(config);
  if (found !== undefined) return problem(found.detail, found.fix);
  if (publicAccess) return ok(publicAccessCidrs.join(", "));
  return ok(
    `private, and this machine is ${deployFromInside ? "said to be inside" : "expected to reach the existing network"}`,
  );
});

/** GitHub's tokens name newer repositories with ids, and a role that trusts the name alone refuses them. */
export const pullRequestsCheck = check("pull requests", ({ config }) => {
  if (config.target !== "eks") return skipped("no repository may diff or deploy");
  const repositories = [config.pullRequests, config.deployments].flatMap((role) => role?.githubRepository ?? []);
  if (repositories.length === 0) return skipped("no repository may diff or deploy");
  const githubRepository = repositories.find((repository) => !repository.includes("@"));
  if (githubRepository === undefined) return ok([...new Set(repositories)].join(", "));
  return warning(
    `${githubRepository}, without the ids that tokens have since 15 July 2026 (new, renamed and transferred repositories, and those that opted in)`,
    `Run \`export CAREPATH_GITHUB_REPOSITORY="$(${repositoryWithIdsCommand(githubRepository)})"\`, and deploy the cluster stack.`,
  );
});

export const kubeconfigCheck = check("kubeconfig", checkKubeconfig);

function checkKubeconfig({ config, env }: CheckContext): Finding {
  const files = config.target === "eks" ? defaultKubeconfigs(env) : [kubeconfigPath(config, env)];
  const file = files.join(", ");
  const contexts = contextsIn(files);
  if (config.target === "eks") {
    const name = clusterName(config.environment);
    const update = `After the first deploy: aws eks update-kubeconfig --name ${name} --region ${config.region}`;
    if (contexts === undefined)
      return skipped(`${file} is not there or not readable; a deploy does not need it`, update);
    const found = contextOf(config, contexts);
    return found === undefined
      ? skipped(`no context for cluster ${name}; a deploy does not need one`, update)
      : ok(`context ${found.name}`);
  }
  const wanted = config.kubeconfigContext;
  if (contexts === undefined) {
    return problem(
      `${file} is not there or not readable`,
      "Start the cluster (e.g. `kind create cluster`), or set kubeconfigPath.",
    );
  }
  if (contexts.some(({ name }) => name === wanted)) return ok(`context ${wanted} in ${file}`);
  const names = contexts.map(({ name }) => name).join(", ");
  return problem(
    `no context "${wanted}" in ${file} (it has: ${names === "" ? "none" : names})`,
    "Set kubeconfigContext to one of these, or start that cluster.",
  );
}
