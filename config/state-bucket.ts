import { ConfigError, type Problem } from "./config-error";
import { DEFAULT_ENVIRONMENT, ENVIRONMENTS } from "./environments";
import { awsRegion, bucketName } from "./fields";
import { valueProblems } from "./parse-config";

/** What `npm run bootstrap-state` creates. */
export interface StateBucketConfig {
  readonly bucket: string;
  readonly region: string;
  readonly kmsKeyArn?: string | undefined;
}

/**
 * Reads the bucket from the same variables that an environment finds it by. Nothing else of the environment matters here:
 * the bucket is there before the first of them.
 *
 * @throws {ConfigError} with every problem of the variables
 */
export function loadStateBucket(env: NodeJS.ProcessEnv): StateBucketConfig {
  const bucket = variable(env, "CAREPATH_STATE_BUCKET");
  const region = variable(env, "CAREPATH_STATE_REGION") ?? variable(env, "CAREPATH_REGION") ?? regionOfEnvironment(env);
  const kmsKeyArn = variable(env, "CAREPATH_STATE_KMS_KEY_ARN");
  const problems: Problem[] = [];
  if (bucket === undefined) {
    problems.push({
      path: "CAREPATH_STATE_BUCKET",
      actual: undefined,
      rule: "is missing: the bucket needs a name that no one else in AWS has",
      fix: "Put your account into it: export CAREPATH_STATE_BUCKET=carepath-state-$(aws sts get-caller-identity --query Account --output text)",
    });
  } else problems.push(...valueProblems("CAREPATH_STATE_BUCKET", bucketName, bucket));
  if (region === undefined) {
    problems.push({
      path: "CAREPATH_STATE_REGION",
      actual: undefined,
      rule: "is missing: the environment has no region that the bucket could be in",
      fix: "Set CAREPATH_STATE_REGION, e.g. us-east-1",
    });
  } else problems.push(...valueProblems("CAREPATH_STATE_REGION", awsRegion, region));
  if (bucket === undefined || region === undefined || problems.length > 0)
    throw new ConfigError("state bucket", problems);
  return { bucket, region, kmsKeyArn };
}

function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim() ?? "";
  return value === "" ? undefined : value;
}

function regionOfEnvironment(env: NodeJS.ProcessEnv): string | undefined {
  const input = ENVIRONMENTS[variable(env, "CAREPATH_ENV") ?? DEFAULT_ENVIRONMENT];
  return input?.target === "eks" ? input.region : undefined;
}
