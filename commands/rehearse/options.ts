/** The command line of `npm run rehearse`. */
import { Option } from "@commander-js/extra-typings";

import { DEFAULT_ENVIRONMENT } from "../../config/environments";
import { KILL_PHASES, refuseContradictions, type RehearsalOptions, UsageError } from "../../rehearsal/options";
import { FROM_USER, npmCommand, numberIn } from "../lib/command-line";

/** Beyond it a process cannot start within a window of minutes that is divided by it, nor a probe wait for its turn. */
const MAXIMUM_SPEEDUP = 100;

export const command = npmCommand(
  "rehearse",
  "Would Kubernetes restart this pod? Runs the synthesized chat workload on this machine, probes it as the kubelet does, " +
    "asks it a question, terminates it, and says what happened. Works offline.",
)
  .optionsGroup("What is rehearsed:")
  .option("--env <name>", `environment to synthesize (default: CAREPATH_ENV, then ${DEFAULT_ENVIRONMENT})`)
  .option("--synthesized <folder>", "read an earlier synth's output folder (e.g. cdktf.out) instead")
  .option("--model <file or id>", "a GGUF file, or a model of the catalogue (default: an embedded tiny model)")
  .option("--model-cache <folder>", "keep the model cache here between runs (default: a temporary folder)")
  .option(
    "--port <number>",
    "port of the service (default: a free one)",
    numberIn({ minimum: 1, maximum: 65_535, whole: true }),
  )
  .optionsGroup("Conditions:")
  .option("--slow-disk <MiB/s>", "file reads and writes at this rate", numberIn({ above: 0 }))
  .option("--slow-network <MiB/s>", "the model download at this rate", numberIn({ above: 0 }))
  .option("--load-seconds <seconds>", "hold the load phase this long", numberIn({ minimum: 0, maximum: 3600 }))
  .option("--cpus <number>", "CPU quota by cgroup, where this user may set one", numberIn({ above: 0, maximum: 1024 }))
  .addOption(new Option("--kill-during <phase>", "SIGKILL once in this phase").choices(KILL_PHASES))
  .option("--corrupt-cache", "begin with a damaged model in the cache", false)
  .option("--disk-full", "a cache volume smaller than the model, where this user may mount one", false)
  .option(
    "--speedup <number>",
    "divide probe periods, delays and back-off (default: what keeps the planned start short)",
    numberIn({ minimum: 1, maximum: MAXIMUM_SPEEDUP }),
  )
  .option("--no-hold", "the stand-in's own start; otherwise the worst start planned for the real model is held")
  .optionsGroup("Output:")
  .option("--json", "the whole rehearsal as JSON on stdout", false)
  .option("--svg <file>", "a picture of the timeline")
  .option("--story", "replay the report's probe settings on a virtual clock instead (see docs/rehearsal.md)", false)
  .option("--all", "with --story: every table", false)
  .addHelpText(
    "after",
    "\nExit code: 0 no restart, answered, drained; 1 not so, or it could not be tried; 2 bad usage, before anything runs.",
  );

/** What `--story` heeds; any other option is for a service that runs, and there is none. */
const STORY_OPTIONS: readonly string[] = ["story", "all", "env", "synthesized", "json", "svg"];

/** Conditions that decide how the start goes, so that no planned one is held. */
const START_OPTIONS = [
  "model",
  "modelCache",
  "slowDisk",
  "slowNetwork",
  "loadSeconds",
  "killDuring",
  "corruptCache",
  "diskFull",
  "synthesized",
] as const;

/** What was asked for; the plan of the environment completes it. */
export interface AskedOptions extends RehearsalOptions {
  /** Whether the planned start is held: no other option says how the start goes. */
  readonly hold: boolean;
  readonly speedupGiven: boolean;
}

/** @throws {UsageError} for an unknown option, a bad value, or options that contradict each other */
export function parseOptions(argv: readonly string[], env: NodeJS.ProcessEnv): AskedOptions {
  const given = command.parse(argv, FROM_USER).opts();
  const options: AskedOptions = {
    story: given.story,
    all: given.all,
    json: given.json,
    svg: given.svg,
    environment: given.env ?? (env.CAREPATH_ENV || DEFAULT_ENVIRONMENT),
    synthesized: given.synthesized,
    model: given.model,
    modelCache: given.modelCache,
    port: given.port ?? 0,
    slowDiskMibps: given.slowDisk,
    slowNetworkMibps: given.slowNetwork,
    loadSeconds: given.loadSeconds ?? 0,
    cpus: given.cpus,
    killDuring: given.killDuring,
    corruptCache: given.corruptCache,
    diskFull: given.diskFull,
    hold: given.hold && START_OPTIONS.every((name) => command.getOptionValueSource(name) !== "cli"),
    speedup: given.speedup ?? 1,
    speedupGiven: given.speedup !== undefined,
  };
  refuseContradictions(options);
  if (options.story) refuseIgnoredByStory();
  else if (options.all) throw new UsageError("--all is for the tables of --story. Add --story, or leave out --all.");
  return options;
}

function refuseIgnoredByStory(): void {
  const ignored = command.options
    .filter((option) => command.getOptionValueSource(option.attributeName() as never) === "cli")
    .flatMap(({ long }) => (STORY_OPTIONS.includes(long?.slice(2) ?? "") ? [] : [long ?? ""]));
  if (ignored.length === 0) return;
  throw new UsageError(
    `--story and ${ignored.join(", ")} contradict each other: the story is a replay on a virtual clock and starts no ` +
      `service. Leave out --story or ${ignored.length === 1 ? "the other" : "the others"}.`,
  );
}
