/** `npm run deploy`: creates or changes the stacks. */
import { writeFileSync } from "node:fs";

import { loadConfig } from "../../config/load";
import { stackNames } from "../../config/names";
import { type AppConfig } from "../../config/schema";
import { checkContext } from "../doctor/context";
import { apiAccessProblem } from "../lib/api-access";
import { type ApprovedChangeProps, deployStacks } from "../lib/change-stacks";
import { FROM_USER, run, UsageError } from "../lib/command-line";
import { changingCommand, environmentLine, environmentOf, prepareStacks, requireApproval } from "../lib/stack-command";
import { quickChecks } from "./quick-checks";

export const command = changingCommand("deploy", "Creates or changes the stacks.")
  .option("--outputs-file <file>", "write the outputs of the stacks to this file, as JSON; sensitive ones are left out")
  .option("--skip-checks", "do not look for credentials and for the image first", false);

async function main(argv: readonly string[]): Promise<number> {
  command.parse(argv, FROM_USER);
  const options = command.opts();
  const env = environmentOf(command.args, process.env);
  const { config } = loadConfig(env);
  const problem = apiAccessProblem(config);
  if (problem !== undefined) throw new UsageError(`${problem.detail} ${problem.fix}`);
  requireApproval("deploy", options.autoApprove, "npm run diff");
  process.stdout.write(`${environmentLine(env)}\n`);
  const props = prepareStacks(command.args, options, "send", env);
  const chat = props.chosen.some(({ name }) => name === stackNames(config.environment).chat);
  if (!options.skipChecks) {
    await quickChecks(checkContext(config, env), chat);
  }
  const code = await deployStacks(props);
  if (code === 0 && options.outputsFile !== undefined) await writeOutputs(props, options.outputsFile);
  if (code === 0) process.stdout.write(`Deployed. Next: npm run doctor${chat ? wayIn(config) : ""}.\n`);
  return code;
}

function wayIn({ chat: { exposure } }: AppConfig): string {
  return exposure.type === "https"
    ? ", then the address in the output address"
    : ", then the command in the output port_forward";
}

/** `{ "<stack>": { "<output>": value } }`. */
async function writeOutputs({ terraform, chosen }: ApprovedChangeProps, file: string): Promise<void> {
  const outputs: Record<string, Record<string, unknown>> = {};
  for (const { name, folder } of chosen) {
    const { stdout } = await terraform.captured(folder, ["output", "-json"]);
    const values = JSON.parse(stdout) as Record<string, { value: unknown; sensitive: boolean }>;
    outputs[name] = Object.fromEntries(
      Object.entries(values)
        .filter(([, { sensitive }]) => !sensitive)
        .map(([output, { value }]) => [output, value]),
    );
  }
  writeFileSync(file, `${JSON.stringify(outputs, null, 2)}\n`);
}

if (require.main === module) void run(main);
