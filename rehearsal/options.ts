/** The command line of `npm run rehearse`. */
import { parseArgs } from "node:util";

/** Bad usage: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

export const KILL_PHASES = ["download", "load", "answer"] as const;
export type KillPhase = (typeof KILL_PHASES)[number];

/** Beyond it a process cannot start within a window of minutes that is divided by it, nor a probe wait for its turn. */
const MAXIMUM_SPEEDUP = 100;

export interface RehearsalOptions {
  readonly help: boolean;
  readonly story: boolean;
  readonly json: boolean;
  readonly svg: string | undefined;
  /** @default CAREPATH_ENV, then "demo" */
  readonly environment: string;
  /** Read the workload from this output folder of an earlier synth instead of synthesizing. */
  readonly synthesized: string | undefined;
  /** Path of a GGUF file or id of a model of the catalogue. @default the embedded tiny model */
  readonly model: string | undefined;
  readonly modelCache: string | undefined;
  /** 0 is a free one. */
  readonly port: number;
  readonly slowDiskMibps: number | undefined;
  readonly slowNetworkMibps: number | undefined;
  readonly loadSeconds: number;
  readonly cpus: number | undefined;
  readonly killDuring: KillPhase | undefined;
  readonly corruptCache: boolean;
  readonly diskFull: boolean;
  readonly speedup: number;
}

const FLAGS = {
  env: { type: "string" },
  synthesized: { type: "string" },
  model: { type: "string" },
  "model-cache": { type: "string" },
  port: { type: "string" },
  "slow-disk": { type: "string" },
  "slow-network": { type: "string" },
  "load-seconds": { type: "string" },
  cpus: { type: "string" },
  "kill-during": { type: "string" },
  "corrupt-cache": { type: "boolean" },
  "disk-full": { type: "boolean" },
  speedup: { type: "string" },
  json: { type: "boolean" },
  svg: { type: "string" },
  story: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

export const HELP = `Would Kubernetes restart this pod? Runs the synthesized chat workload on this machine, probes it as the
kubelet does, asks it a question, terminates it, and says what happened. Works offline.

  npm run rehearse -- [options]

What is rehearsed
  --env NAME               environment to synthesize (default: CAREPATH_ENV, then demo)
  --synthesized DIR        read an earlier synth's output folder (e.g. cdktf.out) instead
  --model PATH|ID          a GGUF file, or a model of the catalogue (downloaded; default: an embedded tiny model)
  --model-cache DIR        keep the model cache here between runs (default: a temporary folder)
  --port N                 port of the service (default: a free one)

Conditions
  --slow-disk MIB/S        file reads and writes at this rate
  --slow-network MIB/S     the model download at this rate
  --load-seconds N         hold the load phase this long
  --cpus N                 CPU quota by cgroup, where this user may set one
  --kill-during PHASE      SIGKILL once during download, load or answer
  --corrupt-cache          begin with a damaged model in the cache
  --disk-full              a cache volume smaller than the model, where this user may mount one
  --speedup N              divide probe periods, delays and back-off by N (at most 100) for a quick look

Output
  --json                   the whole rehearsal as JSON on stdout
  --svg FILE               a picture of the timeline
  --story                  replay the report's probe settings on a virtual clock instead (see docs/rehearsal.md)

Exit code: 0 no restart, answered, drained; 1 not so, or it could not be tried; 2 bad usage, before anything runs.
`;

/**
 * @throws {UsageError} for an unknown flag (with the nearest one), a bad value, or flags that contradict each other
 */
export function parseOptions(argv: readonly string[], env: NodeJS.ProcessEnv): RehearsalOptions {
  const { values, tokens } = parseArgs({
    args: [...argv],
    options: FLAGS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new UsageError(`"${token.value}" is not an option. Options begin with --; see --help.`);
    }
    if (token.kind === "option") refuseUnknown(token.rawName, token.value, token.name);
  }
  const text = (name: keyof typeof FLAGS) => values[name] as string | undefined;
  const options: RehearsalOptions = {
    help: values.help === true,
    story: values.story === true,
    json: values.json === true,
    svg: text("svg"),
    environment: text("env") ?? (env.CAREPATH_ENV || "demo"),
    synthesized: text("synthesized"),
    model: text("model"),
    modelCache: text("model-cache"),
    port: number("port", text("port"), { minimum: 1, maximum: 65_535, whole: true }) ?? 0,
    slowDiskMibps: number("slow-disk", text("slow-disk"), { above: 0 }),
    slowNetworkMibps: number("slow-network", text("slow-network"), { above: 0 }),
    loadSeconds: number("load-seconds", text("load-seconds"), { minimum: 0, maximum: 3600 }) ?? 0,
    cpus: number("cpus", text("cpus"), { above: 0, maximum: 1024 }),
    killDuring: killPhase(text("kill-during")),
    corruptCache: values["corrupt-cache"] === true,
    diskFull: values["disk-full"] === true,
    speedup: number("speedup", text("speedup"), { minimum: 1, maximum: MAXIMUM_SPEEDUP }) ?? 1,
  };
  refuseContradictions(options);
  if (options.story) refuseIgnoredByStory(tokens.flatMap((token) => (token.kind === "option" ? [token.name] : [])));
  return options;
}

function refuseContradictions(options: RehearsalOptions): void {
  const cacheFlags = [
    ...(options.corruptCache ? ["--corrupt-cache"] : []),
    ...(options.diskFull ? ["--disk-full"] : []),
    ...(options.modelCache === undefined ? [] : ["--model-cache"]),
  ];
  if ((options.diskFull || options.corruptCache) && cacheFlags.length > 1) {
    throw new UsageError(
      `${cacheFlags.join(" and ")} contradict each other: each needs a cache of its own. Choose one.`,
    );
  }
}

/** What `--story` heeds; any other flag is for a service that runs, and there is none. */
const STORY_FLAGS: readonly string[] = ["story", "env", "synthesized", "json", "svg", "help"];

function refuseIgnoredByStory(given: readonly string[]): void {
  const ignored = [...new Set(given)].filter((name) => !STORY_FLAGS.includes(name)).map((name) => `--${name}`);
  if (ignored.length === 0) return;
  throw new UsageError(
    `--story and ${ignored.join(", ")} contradict each other: the story is a replay on a virtual clock and starts no ` +
      `service. Leave out --story or ${ignored.length === 1 ? "the other" : "the others"}.`,
  );
}

function refuseUnknown(rawName: string, value: string | undefined, name: string): void {
  const flag = FLAGS[name as keyof typeof FLAGS] as { readonly type: "string" | "boolean" } | undefined;
  if (flag === undefined) {
    const nearest = Object.keys(FLAGS).sort((a, b) => distance(a, name) - distance(b, name))[0] ?? "help";
    const hint = distance(nearest, name) <= 3 ? ` Did you mean --${nearest}?` : "";
    throw new UsageError(`${rawName} is not an option of the rehearsal.${hint} See --help.`);
  }
  if (flag.type === "string" && (value === undefined || value === ""))
    throw new UsageError(`${rawName} needs a value. See --help.`);
  if (flag.type === "boolean" && value !== undefined)
    throw new UsageError(`${rawName} takes no value, and was given "${value}".`);
}

interface Range {
  readonly minimum?: number;
  readonly maximum?: number;
  /** Exclusive. */
  readonly above?: number;
  readonly whole?: boolean;
}

function number(name: string, value: string | undefined, range: Range): number | undefined {
  if (value === undefined) return undefined;
  const parsed = Number(value);
  const { minimum = -Infinity, maximum = Infinity, above = -Infinity, whole = false } = range;
  const fits =
    value.trim() !== "" && parsed >= minimum && parsed <= maximum && parsed > above && Number.isFinite(parsed);
  if (fits && (!whole || Number.isInteger(parsed))) return parsed;
  const bounds = [
    ...(above > -Infinity ? [`above ${above}`] : []),
    ...(minimum > -Infinity ? [`of at least ${minimum}`] : []),
    ...(maximum < Infinity ? [`of at most ${maximum}`] : []),
  ].join(" and ");
  throw new UsageError(`--${name} is "${value}". It must be a ${whole ? "whole " : ""}number ${bounds}.`);
}

function killPhase(value: string | undefined): KillPhase | undefined {
  if (value === undefined) return undefined;
  const phase = KILL_PHASES.find((known) => known === value);
  if (phase === undefined)
    throw new UsageError(`--kill-during is "${value}". It must be one of ${KILL_PHASES.join(", ")}.`);
  return phase;
}

/** Levenshtein distance; flag names are short. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substituted));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
