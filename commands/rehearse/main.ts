/** `npm run rehearse`: see `--help`. */
import { writeFileSync } from "node:fs";

import { readConfig } from "../../config/load";
import { checkInputs } from "../../rehearsal/check-inputs";
import { type RehearsalOptions } from "../../rehearsal/options";
import { painter, TimelinePrinter, verdictLines } from "../../rehearsal/report/text";
import { runPicture } from "../../rehearsal/report/run-picture";
import { rehearse } from "../../rehearsal/rehearsal";
import { prepareStage } from "../../rehearsal/stage";
import { story } from "../../rehearsal/story/story";
import { judge } from "../../rehearsal/verdict";
import { run as runMain } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { standIns } from "../lib/stand-ins";
import { parseOptions } from "./options";
import { completed } from "./planned-start";

async function main(argv: readonly string[]): Promise<number> {
  const asked = parseOptions(argv, process.env);
  const paint = painter(process.stdout.isTTY && process.env.NO_COLOR === undefined);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  checkInputs(asked, ROOT);
  const missing = asked.synthesized === undefined ? stand(asked) : [];
  const options = completed(asked, () => readConfig({ ...process.env, CAREPATH_ENV: asked.environment }));
  if (options.story) return story(options, ROOT, print);
  return perform(options, missing, paint, print);
}

/** Puts something in the place of what the environment lacks and a rehearsal does not need. Returns what that is. */
function stand({ environment }: { readonly environment: string }): readonly string[] {
  const { variables, missing } = standIns({ ...process.env, CAREPATH_ENV: environment });
  Object.assign(process.env, variables);
  return missing;
}

async function perform(
  options: RehearsalOptions,
  missing: readonly string[],
  paint: ReturnType<typeof painter>,
  print: (line: string) => void,
): Promise<number> {
  const say = options.json ? () => undefined : print;
  const stage = await prepareStage({ root: ROOT, options, onProgress: (step) => say(paint(`... ${step}`, "quiet")) });
  const end = () => {
    void stage.dispose().finally(() => process.exit(1));
  };
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    const { workload } = stage;
    say(`${workload.kind} ${workload.namespace}/${workload.name}: ${workload.command.join(" ")}`);
    const seen = await rehearse({
      stage,
      speedup: options.speedup,
      killDuring: options.killDuring,
      extraStartSeconds: heldSeconds(options),
      onEntry: new TimelinePrinter(say, paint).entry,
    });
    const orderedRestarts = options.killDuring === undefined ? 0 : 1;
    const verdict = judge({ workload, seen, orderedRestarts, speedup: options.speedup });
    const lacks = missing.map((sentence) => `Not needed here, and missing before a deploy: ${sentence}`);
    const notes = [...stage.notes, ...[stage.servedNote() ?? []].flat(), ...lacks];
    const { overrides } = stage;
    const { phaseSeconds, seconds } = seen;
    const { planned } = options;
    for (const line of verdictLines({ verdict, overrides, notes, phaseSeconds, seconds, planned }, paint)) say(line);
    if (options.json)
      print(JSON.stringify({ workload, verdict, overrides, notes, phaseSeconds, timeline: seen.entries }, null, 2));
    if (options.svg !== undefined) {
      writeFileSync(options.svg, runPicture({ workload, seen, verdict, options, date: new Date() }));
      say(`Picture: ${options.svg}`);
    }
    return verdict.ok ? 0 : 1;
  } finally {
    await stage.dispose();
  }
}

function heldSeconds({ planned, loadSeconds, speedup }: RehearsalOptions): number {
  return planned === undefined ? loadSeconds : (planned.downloadSeconds + planned.loadSeconds) / speedup;
}

if (require.main === module) void runMain(main);
