import { spawnSync } from "node:child_process";

import { type AppConfig } from "../../config/schema";
import { awsClients } from "../lib/aws-clients";
import { type CheckContext } from "./check";

/** This machine, now, as the checks see it. */
export function checkContext(config: AppConfig, env: NodeJS.ProcessEnv): CheckContext {
  const endpoint = env["AWS_ENDPOINT_URL"];
  return {
    config,
    env,
    aws: config.target === "eks" ? awsClients({ region: config.region, ...(endpoint ? { endpoint } : {}) }) : undefined,
    now: new Date(),
    nodeVersion: process.version,
    run: outputOf,
  };
}

function outputOf(program: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 30_000 });
  // AWS CLI 1 wrote its version to standard error.
  return status === 0 ? `${stdout}${stderr}` : undefined;
}
