/** `npm run destroy`: deletes the stacks. */
import { inspectConfig } from "../../config/load";
import { clusterName, stackNames } from "../../config/names";
import { checkContext } from "../doctor/context";
import { destroyStacks } from "../lib/change-stacks";
import { FROM_USER, run } from "../lib/command-line";
import { changingCommand, environmentLine, prepareStacks, requireApproval, withImage } from "../lib/stack-command";
import { drainReplicas } from "./drain-replicas";
import { waitForVolumes } from "./volume-wait";

export const command = changingCommand("destroy", "Deletes the stacks and everything in them.");

async function main(argv: readonly string[]): Promise<number> {
  command.parse(argv, FROM_USER);
  const options = command.opts();
  requireApproval("destroy", options.autoApprove, "npm run diff");
  const env = withImage(process.env);
  process.stdout.write(`${environmentLine(env)}\n`);
  const props = prepareStacks(command.args, options, "compare", env);
  const code = await destroyStacks({
    ...props,
    mayDestroy: (stack) => volumesGone(stack.name, props.say),
    beforeDestroy: (stack) => replicasGone(stack.name, props.say),
  });
  if (code === 0) process.stdout.write("Destroyed. What AWS may still hold: npm run doctor -- --leftovers\n");
  return code;
}

/** The driver of the platform stack has to outlive the volumes of the chat stack. */
async function volumesGone(stack: string, say: (line: string) => void): Promise<boolean> {
  const { config } = inspectConfig();
  const { aws } = checkContext(config, process.env);
  if (aws === undefined || stack !== stackNames(config.environment).platform) return true;
  return waitForVolumes({ aws, cluster: clusterName(config.environment), namespace: config.chat.namespace, say });
}

async function replicasGone(stack: string, say: (line: string) => void): Promise<void> {
  const { config } = inspectConfig();
  if (stack === stackNames(config.environment).chat) await drainReplicas(config, say);
}

if (require.main === module) void run(main);
