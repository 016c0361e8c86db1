/** `npm run new-environment NAME`: a file in `config/environments/` that synth accepts, and its registration. */
import { ENVIRONMENTS } from "../../config/environments";
import { FROM_USER, npmCommand, run } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { writeEnvironment } from "./environment-file";

export const command = npmCommand(
  "new-environment",
  "Writes config/environments/NAME.ts as a copy of another environment and registers it.",
)
  .argument("<name>", "2 to 20 lower-case letters, digits and hyphens")
  .option("--from <environment>", `environment that is copied: ${Object.keys(ENVIRONMENTS).join(", ")}`, "demo");

function main(argv: readonly string[]): number {
  const [name = ""] = command.parse(argv, FROM_USER).args;
  const { from } = command.opts();
  for (const file of writeEnvironment({ root: ROOT, name, from })) process.stdout.write(`wrote ${file}\n`);
  process.stdout.write(
    `Edit the first; docs/configuration.md explains every setting. Then:\n\n` +
      `  export CAREPATH_ENV=${name}\n  npm run plan-capacity\n  npm run doctor\n`,
  );
  return 0;
}

if (require.main === module) void run(main);
