/** `npm run destroy`: deletes the stacks. */
import { destroyStacks } from "../lib/change-stacks";
import { FROM_USER, run } from "../lib/command-line";
import { changingCommand, environmentLine, prepareStacks, requireApproval } from "../lib/stack-command";

export const command = changingCommand("destroy", "Deletes the stacks and everything in them.");

async function main(argv: readonly string[]): Promise<number> {
  command.parse(argv, FROM_USER);
  const options = command.opts();
  requireApproval("destroy", options.autoApprove, "npm run diff");
  process.stdout.write(`${environmentLine()}\n`);
  const code = await destroyStacks(prepareStacks(command.args, options, "compare"));
  if (code === 0) process.stdout.write("Destroyed. What AWS may still hold: npm run doctor -- --leftovers\n");
  return code;
}

if (require.main === module) void run(main);
