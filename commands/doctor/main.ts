/**
 * `npm run doctor`: is everything there that a deploy needs?
 */
import { inspectConfig } from "../../config/load";
import { type AppConfig } from "../../config/schema";
import { PRICES_DATE, PRICES_REGION } from "../../planning/cost/prices";
import { type AwsClients, awsProblem } from "../lib/aws-clients";
import { errorLine, FROM_USER, npmCommand, run } from "../lib/command-line";
import { checkContext } from "./context";
import { findLeftovers } from "./leftovers/find";
import { type Leftover } from "./leftovers/leftover";
import { configurationLines, exitCode, formatLines, preflight } from "./preflight";

export const command = npmCommand("doctor", "Checks what a deploy of the environment that CAREPATH_ENV names needs.")
  .option("--leftovers", "list what a destroy has left behind, and its monthly cost", false)
  .option("--json", "print JSON", false)
  .addHelpText("after", "\nExit code 1 when there is a problem, or when leftovers are found.");

async function main(argv: readonly string[]): Promise<number> {
  const { json, leftovers } = command.parse(argv, FROM_USER).opts();
  const { env } = process;
  const { config, problems } = inspectConfig(env);
  const context = checkContext(config, env);
  if (leftovers) return reportLeftovers(config, context.aws, json);
  const lines = [...configurationLines(problems), ...(await preflight(context))];
  const colours = process.stdout.isTTY && env.NO_COLOR === undefined;
  process.stdout.write(
    `${json ? JSON.stringify({ environment: config.environment, checks: lines }, null, 2) : formatLines(lines, colours)}\n`,
  );
  return exitCode(lines);
}

async function reportLeftovers(config: AppConfig, aws: AwsClients | undefined, json: boolean): Promise<number> {
  if (aws === undefined) {
    process.stdout.write(`${config.environment} is an existing cluster: nothing in AWS belongs to it.\n`);
    return 0;
  }
  let found: Leftover[];
  try {
    found = await findLeftovers(aws, config.environment);
  } catch (error) {
    const { detail, fix } = awsProblem(error, aws.region) ?? {
      detail: errorLine(error),
      fix: "`npm run doctor` says what is missing.",
    };
    process.stderr.write(`Cannot look for leftovers: ${detail}. ${fix}\n`);
    return 1;
  }
  process.stdout.write(
    `${json ? JSON.stringify({ environment: config.environment, leftovers: found }, null, 2) : formatLeftovers(config.environment, found)}\n`,
  );
  return found.length === 0 ? 0 : 1;
}

/** The list with a total, and the command that removes each entry. */
export function formatLeftovers(environment: string, found: readonly Leftover[]): string {
  if (found.length === 0) return `Nothing is left of ${environment}.`;
  const lines = found.flatMap(({ kind, id, detail, monthlyCost, remove }) => [
    `$${monthlyCost.toFixed(2).padStart(7)}  ${kind} ${id}${detail === "" ? "" : ` (${detail})`}`,
    `          ${remove}`,
  ]);
  const total = found.reduce((sum, { monthlyCost }) => sum + monthlyCost, 0);
  const prices = `list prices of ${PRICES_REGION}, ${PRICES_DATE}`;
  return [
    ...lines,
    "",
    `${found.length} left, $${total.toFixed(2)} a month (${prices}). While the cluster runs, part of this is in use.`,
  ].join("\n");
}

if (require.main === module) void run(main);
