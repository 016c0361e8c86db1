import { onEks, type Rule } from "./rule";

const sharedInProduction: Rule = ({ config: { production, state } }) => {
  if (!production || state.type === "s3") return undefined;
  return {
    path: "state.type",
    actual: state.type,
    rule: 'must be "s3" in production: a local state file can be lost, and two people could deploy at once without a lock',
    fix: "Set CAREPATH_STATE_BUCKET (`npm run bootstrap-state` creates the bucket)",
    missing: "CAREPATH_STATE_BUCKET",
  };
};

const sharedWithPullRequests = onEks(({ config: { pullRequests, state } }) => {
  if (pullRequests === undefined || state.type === "s3") return undefined;
  return {
    path: "pullRequests.githubRepository",
    actual: pullRequests.githubRepository,
    rule: "needs S3 state: the workflow of a pull request cannot read a state file on your machine",
    fix: "Set CAREPATH_STATE_BUCKET (`npm run bootstrap-state` creates the bucket), or remove pullRequests",
  };
});

const sharedWithDeployments = onEks(({ config: { deployments, state } }) => {
  if (deployments === undefined || state.type === "s3") return undefined;
  return {
    path: "deployments.githubRepository",
    actual: deployments.githubRepository,
    rule: "needs S3 state: the deploy workflow cannot read a state file on your machine",
    fix: "Set CAREPATH_STATE_BUCKET (`npm run bootstrap-state` creates the bucket), or remove deployments",
  };
});

export const stateRules: readonly Rule[] = [sharedInProduction, sharedWithPullRequests, sharedWithDeployments];
