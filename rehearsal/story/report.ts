/** `npm run rehearse -- --story`: the report's probe settings and our synthesized ones, through the same ordeals. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { DEFAULTS, ENV, PATHS } from "../../service/src/contract";
import type { PodSpec } from "../kubelet/pod";
import { windowSeconds } from "../kubelet/probe-spec";
import type { RehearsalOptions } from "../options";
import { timelineSvg } from "../report/svg";
import { readWorkloadOf, synthesizeWorkload } from "../synthesize";
import type { Workload } from "../workload";
import { BLOCKED_SECONDS, STORY_CONFIGURATIONS } from "./configurations";
import { pictureFiles } from "./picture-files";
import { replay } from "./replay";
import {
  ANSWER_ALONE,
  AS_REPORTED,
  EagerServer,
  LazyBlockingServer,
  LOAD_ALONE,
  type ServiceLimits,
  type Split,
} from "./simulated-servers";
import { markdownTable, ordealName, type Row, tableRows, type TableProps } from "./table";

export interface StoryTable {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What the simulation of our service takes from its workload. */
export function serviceLimits({ env }: Workload): ServiceLimits {
  const of = (name: string, fallback: number) => Number(env[name] ?? fallback);
  return {
    requestTimeoutSeconds: of(ENV.requestTimeoutSeconds, DEFAULTS.requestTimeoutSeconds),
    drainSeconds: of(ENV.drainSeconds, DEFAULTS.drainSeconds),
    slots: of(ENV.parallelSlots, DEFAULTS.parallelSlots),
    maxQueue: of(ENV.maxQueue, DEFAULTS.maxQueue),
    healthPath: PATHS.health,
  };
}

export function storyTables(workload: Workload): StoryTable[] {
  return [
    ...STORY_CONFIGURATIONS.map(({ title, pod }) => ({
      title,
      rows: tableRows({ title, pod, server: (props) => new LazyBlockingServer(props) }),
    })),
    ...ourTables(workload),
  ];
}

/** The same seconds against our workload: shared out as in the report, and as a load or an answer alone. */
export function ourTables(workload: Workload): StoryTable[] {
  const { pod } = workload;
  const limits = serviceLimits(workload);
  const held = BLOCKED_SECONDS.map((blockedSeconds) => ({ blockedSeconds }));
  const longest = Math.max(...BLOCKED_SECONDS);
  const table = (title: string, split: Split, rest: Partial<TableProps> = {}): StoryTable => ({
    title,
    rows: tableRows({ title, pod, server: (props) => new EagerServer(props, limits, split), ...rest }),
  });
  return [
    table(OURS, AS_REPORTED),
    table(`${OURS}, the answer alone held that long`, ANSWER_ALONE, { ordeals: held }),
    table(`${OURS}, every load held that long`, LOAD_ALONE, { ordeals: held, everyStart: true }),
    table(`${OURS}, with a startup window of ${2 * longest} s`, LOAD_ALONE, {
      ordeals: [{ blockedSeconds: longest }],
      everyStart: true,
      pod: withStartupWindow(pod, 2 * longest),
    }),
  ];
}

const OURS = "this project: the synthesized workload";

/** What `chat.timing.startupWindowSeconds` does to the synthesized probe. */
function withStartupWindow(pod: PodSpec, seconds: number): PodSpec {
  const { startup } = pod.probes;
  if (startup === undefined) return pod;
  const failureThreshold = Math.ceil(seconds / startup.periodSeconds);
  return { ...pod, probes: { ...pod.probes, startup: { ...startup, failureThreshold } } };
}

/**
 * Whether our workload keeps its promise: no restart, except for a load that outlasts the startup window it was given
 * and for a death.
 */
export function keepsPromise(workload: Workload, tables: readonly StoryTable[]): boolean {
  return brokenPromises(workload, tables).length === 0;
}

function brokenPromises(workload: Workload, tables: readonly StoryTable[]): Row[] {
  const window = startupWindow(workload);
  return tables
    .filter(({ title }) => title.startsWith(OURS))
    .flatMap(({ rows }) => rows)
    .filter(({ restarts }) => restarts.to > 0)
    .filter(
      ({ ordeal, reasons }) =>
        "blockedSeconds" in ordeal &&
        !(ordeal.blockedSeconds > window && reasons.every((reason) => reason === "startup probe")),
    );
}

function startupWindow({ pod }: Workload): number {
  return pod.probes.startup === undefined ? 0 : windowSeconds(pod.probes.startup);
}

/** Two lines below the tables: from when on the report's settings restart, and whether ours ever do. */
export function conclusion(workload: Workload, tables: readonly StoryTable[]): [string, string] {
  const theirs = tables
    .filter(({ title }) => !title.startsWith(OURS))
    .map(({ title, rows }) => {
      const killed = rows.find(({ ordeal, restarts }) => "blockedSeconds" in ordeal && restarts.to > 0)?.ordeal;
      const name = title.split(":")[0] ?? title;
      return killed === undefined || !("blockedSeconds" in killed)
        ? `${name}, never`
        : `${name}, ${killed.blockedSeconds} s`;
    });
  const [broken] = brokenPromises(workload, tables);
  return [
    `A load with its first answer is restarted from this row on: ${theirs.join("; ")}.`,
    broken === undefined
      ? `This project's workload passes: restarted only where the process died by itself, or where a load outlasted the ` +
        `startup window of ${startupWindow(workload)} s.`
      : `This project's workload does NOT pass: ${broken.configuration}, ${ordealName(broken.ordeal)}, restarted by ` +
        `${broken.reasons.join(", ")}.`,
  ];
}

/** The ordeal of the two pictures: 90 s of load and a first answer of seven minutes. */
const PICTURED = { blockedSeconds: 510 };
const PICTURED_ASK_AT = 60;

export function beforePicture(): string {
  const configuration = STORY_CONFIGURATIONS.find(({ id }) => id === "proposed");
  if (configuration === undefined) throw new Error("the proposed configuration is gone from the story");
  const { pod } = configuration;
  const result = replay({
    pod,
    ordeal: PICTURED,
    askAt: PICTURED_ASK_AT,
    server: (props) => new LazyBlockingServer(props),
  });
  return picture(
    "Before: the model loads on the first question and blocks the event loop",
    "The startup probe on /health passes at 10 s, long before there is a model. 15 liveness failures later the pod is killed.",
    pod,
    result,
  );
}

export function afterPicture(workload: Workload): string {
  const limits = serviceLimits(workload);
  const result = replay({
    pod: workload.pod,
    ordeal: PICTURED,
    askAt: PICTURED_ASK_AT,
    server: (props) => new EagerServer(props, limits),
  });
  return picture(
    "After: the model loads in the background, and /ready says when it can answer",
    "The same 90 s of load and 420 s of answer: no probe of liveness fails, and nobody is let in before there is a model.",
    workload.pod,
    result,
  );
}

function picture(title: string, subtitle: string, pod: PodSpec, { entries }: ReturnType<typeof replay>): string {
  return timelineSvg({ title, subtitle, entries, seconds: 600, probes: pod.probes });
}

/** Prints the tables; `--json` as data, `--svg FILE` writes FILE-before.svg and FILE-after.svg. */
export async function story(options: RehearsalOptions, root: string, print: (line: string) => void): Promise<number> {
  const workload = await theWorkload(options, root);
  const tables = storyTables(workload);
  if (options.json) print(JSON.stringify(tables, null, 2));
  else {
    print(
      "Seconds count from the client's question. Ranges are over every second of a liveness period at which it may come.",
    );
    for (const { title, rows } of tables) print(`\n${title}\n\n${markdownTable(rows)}`);
    print("");
    for (const line of conclusion(workload, tables)) print(line);
  }
  if (options.svg !== undefined) {
    const { before, after } = pictureFiles(options.svg);
    writeFileSync(before, beforePicture());
    writeFileSync(after, afterPicture(workload));
    if (!options.json) print(`\nPictures: ${before}, ${after}`);
  }
  return keepsPromise(workload, tables) ? 0 : 1;
}

async function theWorkload(options: RehearsalOptions, root: string): Promise<Workload> {
  if (options.synthesized !== undefined) return readWorkloadOf(resolve(options.synthesized), options.environment);
  const outdir = mkdtempSync(join(tmpdir(), "carepath-story-"));
  try {
    return await synthesizeWorkload({ root, environment: options.environment, outdir });
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
