/** `npm run deploy`: creates or changes the stacks. */
import { loadConfig } from "../../config/load";
import { placeholderProblem } from "../lib/api-access";
import { change, changingCommand } from "../lib/cdktf";
import { FROM_USER, run, UsageError } from "../lib/command-line";

export const command = changingCommand("deploy", "Creates or changes the stacks.")
  .option("--outputs-file <file>", "write the outputs of the stacks to this file, as JSON")
  .option("--outputs-file-include-sensitive-outputs", "with the sensitive ones");

function main(argv: readonly string[]): number {
  command.parse(argv, FROM_USER);
  const problem = placeholderProblem(loadConfig().config);
  if (problem !== undefined) throw new UsageError(`${problem.detail} ${problem.fix}`);
  return change("deploy", command);
}

if (require.main === module) void run(main);
