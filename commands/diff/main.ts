/** `npm run diff`: what a deploy would change, stack by stack. */
import { diffStacks } from "../lib/change-stacks";
import { FROM_USER, run } from "../lib/command-line";
import { environmentLine, environmentOf, prepareStacks, stackCommand } from "../lib/stack-command";

export const command = stackCommand("diff", "Shows what a deploy would change.").addHelpText(
  "after",
  "\nExit code 1 when a stack could not be planned.",
);

async function main(argv: readonly string[]): Promise<number> {
  command.parse(argv, FROM_USER);
  const env = environmentOf(command.args, process.env);
  process.stdout.write(`${environmentLine(env)}\n`);
  return diffStacks(prepareStacks(command.args, command.opts(), "compare", env));
}

if (require.main === module) void run(main);
