/** `npm run destroy`: deletes the stacks. */
import { change, changingCommand } from "../lib/cdktf";
import { FROM_USER, run } from "../lib/command-line";

export const command = changingCommand("destroy", "Deletes the stacks and everything in them.");

if (require.main === module) {
  void run((argv) => {
    command.parse(argv, FROM_USER);
    return change("destroy", command);
  });
}
