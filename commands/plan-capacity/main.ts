/**
 * `npm run plan-capacity`: what an environment needs, what it costs, and where its numbers come from.
 *
 *     npm run plan-capacity
 *     npm run plan-capacity -- --env production --json
 *     npm run plan-capacity -- --compare c7i.xlarge,m8g.xlarge
 */
import { parseArgs } from "node:util";

import { ConfigError } from "../../config/config-error";
import { readConfig } from "../../config/load";
import { type AppConfig } from "../../config/schema";
import { UnknownInstanceTypesError, compareInstances } from "../../planning/comparison";
import { comparisonText } from "./comparison-text";
import { capacityReport, type CapacityReport } from "./report";
import { reportText } from "./report-text";

const USAGE = `Usage: npm run plan-capacity [-- options]

  --env NAME           environment to plan; the same as CAREPATH_ENV=NAME   (default demo)
  --compare A,B,...    put instance types side by side for its model and pod
  --json               print the figures as JSON
  --help               print this text

It only computes: nothing is deployed and nothing is asked of AWS. Exit code 1 when the environment is refused.
`;

export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Reads the configuration; what its plan refuses is part of the report. */
  readonly load: (env: Readonly<Record<string, string | undefined>>) => AppConfig;
}

/** Runs the command and returns its exit code. */
export function planCapacity(args: readonly string[], { env, out, error, load }: CommandContext): number {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    if (values.help === true) {
      out(USAGE);
      return 0;
    }
    const config = load(values.env === undefined ? env : { ...env, CAREPATH_ENV: values.env });
    const report = capacityReport(config);
    out(values.compare === undefined ? show(report, values.json) : compare(report, values.compare, values.json));
    return report.assessment.problems.length === 0 ? 0 : 1;
  } catch (problem) {
    if (problem instanceof ConfigError || problem instanceof UnknownInstanceTypesError) error(`${problem.message}\n`);
    else if (isUsageError(problem)) error(`${problem.message}\n\n${USAGE}`);
    else throw problem;
    return 1;
  }
}

const OPTIONS = {
  env: { type: "string" },
  compare: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

function show(report: CapacityReport, json: boolean | undefined): string {
  return json === true ? `${JSON.stringify(report, null, 2)}\n` : reportText(report);
}

function compare({ assessment, service }: CapacityReport, list: string, json: boolean | undefined): string {
  const current = assessment.fit?.instance.name ?? null;
  const names = list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const rows = compareInstances({
    names: current === null ? names : [...names, current],
    pod: service,
    modelBytes: assessment.plan.model.bytes,
  });
  return json === true ? `${JSON.stringify(rows, null, 2)}\n` : comparisonText(rows, current);
}

/** `parseArgs` marks its errors with a code. */
function isUsageError(problem: unknown): problem is { readonly message: string } {
  if (typeof problem !== "object" || problem === null || !("code" in problem)) return false;
  return typeof problem.code === "string" && problem.code.startsWith("ERR_PARSE_ARGS");
}

if (require.main === module) {
  process.exitCode = planCapacity(process.argv.slice(2), {
    env: process.env,
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    load: readConfig,
  });
}
