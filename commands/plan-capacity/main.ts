/** `npm run plan-capacity`: what an environment needs, what it costs, and where its numbers come from. */
import { readConfig } from "../../config/load";
import { type AppConfig } from "../../config/schema";
import { UnknownInstanceTypesError, compareInstances } from "../../planning/cost/comparison";
import { FROM_USER, list, npmCommand, numberIn, run, UsageError } from "../lib/command-line";
import { comparisonText } from "./comparison-text";
import { capacityReport, type CapacityReport } from "./report";
import { reportText } from "./report-text";
import { usersReport, usersText } from "./users";

/** More than live on Earth: only a typing error is larger. */
const USERS = numberIn({ minimum: 1, maximum: 10_000_000_000, whole: true });
const SECONDS = numberIn({ above: 0, maximum: 600 });

export const command = npmCommand("plan-capacity", "Shows what an environment needs, what it costs, and why.")
  .option("--env <name>", "environment to plan; the same as CAREPATH_ENV=NAME")
  .option("--compare <types>", "put instance types, separated by commas, side by side for its model and pod", list)
  .option("--users <number>", "replicas, nodes, waiting time and cost for so many users", USERS)
  .option(
    "--within <seconds>",
    "with --users: 95 of 100 first tokens come within so many seconds (default: 15)",
    SECONDS,
  )
  .option("--json", "print the figures as JSON", false)
  .addHelpText(
    "after",
    "\nIt only computes: nothing is deployed and nothing is asked of AWS. Exit code 1 when the environment is refused.",
  );

type Environment = Readonly<Record<string, string | undefined>>;

export interface PlanContext {
  readonly env: Environment;
  readonly out: (text: string) => void;
  /** Reads the configuration; what its plan refuses is part of the report. */
  readonly load: (env: Environment) => AppConfig;
}

/** Runs the command and returns its exit code. */
export function planCapacity(argv: readonly string[], { env, out, load }: PlanContext): number {
  const { env: environment, compare, users, within, json } = command.parse(argv, FROM_USER).opts();
  if (compare !== undefined && users !== undefined) {
    throw new UsageError("--compare and --users are different plans. Choose one.");
  }
  if (within !== undefined && users === undefined) throw new UsageError("--within needs --users: it is their wait.");
  const config = load(environment === undefined ? env : { ...env, CAREPATH_ENV: environment });
  const report = capacityReport(config);
  const [figures, text] =
    compare !== undefined
      ? comparison(report, compare)
      : users !== undefined
        ? forUsers(config, users, within)
        : [report, () => reportText(report)];
  out(json ? `${JSON.stringify(figures, null, 2)}\n` : text());
  return report.assessment.problems.every(({ missing }) => missing !== undefined) ? 0 : 1;
}

type Shown = readonly [figures: unknown, text: () => string];

function forUsers(config: AppConfig, users: number, within: number | undefined): Shown {
  const report = usersReport(config, users, within);
  return [report, () => usersText(report)];
}

function comparison({ assessment, service }: CapacityReport, types: readonly string[]): Shown {
  const current = assessment.fit?.instance.name ?? null;
  try {
    const rows = compareInstances({
      names: current === null ? types : [...types, current],
      pod: service,
      addons: assessment.addons,
      modelBytes: assessment.plan.model.bytes,
    });
    return [rows, () => comparisonText(rows, current)];
  } catch (error) {
    if (error instanceof UnknownInstanceTypesError) throw new UsageError(error.message);
    throw error;
  }
}

if (require.main === module) {
  void run((argv) =>
    planCapacity(argv, { env: process.env, out: (text) => process.stdout.write(text), load: readConfig }),
  );
}
