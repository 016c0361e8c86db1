/** `npm run plan-capacity`: what an environment needs, what it costs, and where its numbers come from. */
import { readConfig } from "../../config/load";
import { type AppConfig } from "../../config/schema";
import { UnknownInstanceTypesError, compareInstances } from "../../planning/comparison";
import { FROM_USER, list, npmCommand, run, UsageError } from "../lib/command-line";
import { comparisonText } from "./comparison-text";
import { capacityReport, type CapacityReport } from "./report";
import { reportText } from "./report-text";

export const command = npmCommand("plan-capacity", "Shows what an environment needs, what it costs, and why.")
  .option("--env <name>", "environment to plan; the same as CAREPATH_ENV=NAME")
  .option("--compare <types>", "put instance types, separated by commas, side by side for its model and pod", list)
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
  const { env: environment, compare, json } = command.parse(argv, FROM_USER).opts();
  const report = capacityReport(load(environment === undefined ? env : { ...env, CAREPATH_ENV: environment }));
  const [figures, text] = compare === undefined ? [report, () => reportText(report)] : comparison(report, compare);
  out(json ? `${JSON.stringify(figures, null, 2)}\n` : text());
  return report.assessment.problems.length === 0 ? 0 : 1;
}

function comparison({ assessment, service }: CapacityReport, types: readonly string[]): [unknown, () => string] {
  const current = assessment.fit?.instance.name ?? null;
  try {
    const rows = compareInstances({
      names: current === null ? types : [...types, current],
      pod: service,
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
