/** `npm run diff`: what a deploy would change, stack by stack. */
import { diffStacks } from "../lib/change-stacks";
import { FROM_USER, run } from "../lib/command-line";
import { environmentLine, prepareStacks, stackCommand } from "../lib/stack-command";

export const command = stackCommand("diff", "Shows what a deploy would change.").addHelpText(
  "after",
  "\nExit code 1 when a stack could not be planned.",
);

async function main(argv: readonly string[]): Promise<number> {
  command.parse(argv, FROM_USER);
  process.stdout.write(`${environmentLine()}\n`);
  let failed = 0;
  await diffStacks(prepareStacks(command.args, command.opts(), "compare"), (_, diff) => {
    if (diff.status !== "failed") return;
    process.stderr.write(diff.log);
    failed += 1;
  });
  return failed > 0 ? 1 : 0;
}

if (require.main === module) void run(main);
