import { type EnvironmentPlan } from "../planning/environment-plan";
import { assessEnvironment } from "./assessment";
import { ConfigError, type Problem } from "./config-error";
import { closest } from "./did-you-mean";
import { DEFAULT_ENVIRONMENT, ENVIRONMENTS } from "./environments";
import { withImageRecord } from "./image-record";
import { applyOverrides, type Draft } from "./overrides";
import { parseConfig } from "./parse-config";
import { type AppConfig } from "./schema";

export interface LoadedConfig {
  readonly config: AppConfig;
  readonly plan: EnvironmentPlan;
}

/**
 * The configuration that `CAREPATH_ENV` names, with the overrides of `config/overrides.ts`, checked, and its plan.
 *
 * @throws {ConfigError} with every problem that can be seen
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): LoadedConfig {
  const { subject, config, plan, problems } = inspectConfig(env);
  if (problems.length > 0) throw new ConfigError(subject, problems);
  return { config, plan };
}

/** A configuration with everything that synth would refuse in it. */
export interface InspectedConfig extends LoadedConfig {
  readonly subject: string;
  readonly problems: readonly Problem[];
}

/**
 * The same, and what is wrong with it as data: for commands that answer all the same.
 *
 * @throws {ConfigError} where a value is missing or has the wrong type, so that there is nothing to answer about
 */
export function inspectConfig(env: NodeJS.ProcessEnv = process.env): InspectedConfig {
  const { subject, config, problems } = read(env);
  if (config === undefined) throw new ConfigError(subject, problems);
  const { plan, problems: broken } = assessEnvironment(config);
  return { subject, config, plan, problems: firstOfEachPath([...problems, ...broken]) };
}

/**
 * The configuration alone: complete and within its bounds, whatever the rules between its values say. For commands that
 * show what the rules refuse beside the numbers.
 *
 * @throws {ConfigError} with every problem of the variables and of the schema
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): AppConfig {
  const { subject, config, problems } = read(env);
  if (config === undefined || problems.length > 0) throw new ConfigError(subject, problems);
  return config;
}

interface Reading {
  readonly subject: string;
  /** Undefined when a value is missing or has the wrong type, so that no rule can look at it. */
  readonly config: AppConfig | undefined;
  readonly problems: readonly Problem[];
}

function read(env: NodeJS.ProcessEnv): Reading {
  const name = env["CAREPATH_ENV"]?.trim() || DEFAULT_ENVIRONMENT;
  const file = environmentFile(name);
  const { input, problems } = applyOverrides(withImageRecord(file, env), env);
  const parsed = parseConfig(input);
  return { subject: `environment "${name}"`, config: parsed.config, problems: [...problems, ...parsed.problems] };
}

/** A copy of the file, so that variables can change it. */
function environmentFile(name: string): Draft {
  const input = Object.hasOwn(ENVIRONMENTS, name) ? ENVIRONMENTS[name] : undefined;
  if (input === undefined) throw new ConfigError("CAREPATH_ENV", [unknownEnvironment(name)]);
  if (input.environment !== name) throw new ConfigError(`environment "${name}"`, [otherName(name, input.environment)]);
  return structuredClone(input);
}

function unknownEnvironment(name: string): Problem {
  const known = Object.keys(ENVIRONMENTS);
  const meant = closest(name, known);
  return {
    path: "CAREPATH_ENV",
    actual: name,
    rule: `must be one of ${known.join(", ")}`,
    fix:
      meant === undefined
        ? "Choose one, or add a file to config/environments and register it in its index.ts"
        : `Did you mean "${meant}"?`,
  };
}

/** A copied file would synthesize the stacks of the original under another name. */
function otherName(registered: string, actual: unknown): Problem {
  return {
    path: "environment",
    actual,
    rule: `must be "${registered}", the name under which config/environments/index.ts registers the file`,
    fix: `Write environment: "${registered}"`,
  };
}

/** A value out of its bounds may break a rule as well; the first problem is enough. */
function firstOfEachPath(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ path }, index) => problems.findIndex((other) => other.path === path) === index);
}
