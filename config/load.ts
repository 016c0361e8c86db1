import { type EnvironmentPlan } from "../planning/environment-plan";
import { ConfigError } from "./config-error";
import { closest } from "./did-you-mean";
import { demo } from "./environments/demo";
import { local } from "./environments/local";
import { production } from "./environments/production";
import { withImageRecord } from "./image-record";
import { applyOverrides } from "./overrides";
import { parseConfig } from "./parse-config";
import { planEnvironment } from "./plan";
import { type AppConfig, type AppConfigInput } from "./schema";

/** The known environments. A new one is a file in `config/environments/` and a line here. */
export const ENVIRONMENTS: Readonly<Record<string, AppConfigInput>> = { demo, production, local };

export const DEFAULT_ENVIRONMENT = "demo";

export interface LoadedConfig {
  readonly config: AppConfig;
  readonly plan: EnvironmentPlan;
}

/**
 * The configuration that `CAREPATH_ENV` names, with the overrides of `config/overrides.ts`, checked, and its plan.
 *
 * @throws {ConfigError} with every problem that can be seen: of the variables, of the file, then of the plan
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): LoadedConfig {
  const config = readConfig(env);
  return { config, plan: planEnvironment(config) };
}

/**
 * The same without the plan, for `plan-capacity`, which shows what the plan refuses beside the numbers.
 *
 * @throws {ConfigError} with every problem of the variables and of the file
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): AppConfig {
  const name = env["CAREPATH_ENV"]?.trim() || DEFAULT_ENVIRONMENT;
  const subject = `environment "${name}"`;
  const { input, problems } = applyOverrides(withImageRecord(environment(name), env), env);
  let config: AppConfig;
  try {
    config = parseConfig(subject, input);
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(subject, [...problems, ...error.problems]);
    throw error;
  }
  if (problems.length > 0) throw new ConfigError(subject, problems);
  return config;
}

function environment(name: string): AppConfigInput {
  const known = Object.keys(ENVIRONMENTS);
  const input = Object.hasOwn(ENVIRONMENTS, name) ? ENVIRONMENTS[name] : undefined;
  if (input !== undefined) return input;
  const meant = closest(name, known);
  throw new ConfigError("CAREPATH_ENV", [
    {
      path: "CAREPATH_ENV",
      actual: name,
      rule: `must be one of ${known.join(", ")}`,
      fix: meant === undefined ? "Choose one, or add a file in config/environments" : `Did you mean "${meant}"?`,
    },
  ]);
}
