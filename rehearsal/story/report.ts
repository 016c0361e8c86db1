/** `npm run rehearse -- --story`: the report's probe settings and our synthesized ones, through the same ordeals. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { DEFAULTS, ENV, PATHS } from "../../service/src/contract";
import type { PodSpec } from "../kubelet/pod";
import type { RehearsalOptions } from "../options";
import { timelineSvg } from "../report/svg";
import { readWorkloadOf, synthesizeWorkload } from "../synthesize";
import type { Workload } from "../workload";
import { STORY_CONFIGURATIONS } from "./configurations";
import { replay } from "./replay";
import { EagerServer, LazyBlockingServer, type ServiceLimits } from "./simulated-servers";
import { markdownTable, type Row, tableRows } from "./table";

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
  const limits = serviceLimits(workload);
  return [
    ...STORY_CONFIGURATIONS.map(({ title, pod }) => ({
      title,
      rows: tableRows({ title, pod, server: (props) => new LazyBlockingServer(props) }),
    })),
    {
      title: OURS,
      rows: tableRows({ title: OURS, pod: workload.pod, server: (props) => new EagerServer(props, limits) }),
    },
  ];
}

const OURS = "this project: the synthesized workload";

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
  }
  if (options.svg !== undefined) {
    const base = resolve(options.svg).replace(/\.svg$/, "");
    writeFileSync(`${base}-before.svg`, beforePicture());
    writeFileSync(`${base}-after.svg`, afterPicture(workload));
    if (!options.json) print(`\nPictures: ${base}-before.svg, ${base}-after.svg`);
  }
  const ours = tables.at(-1)?.rows ?? [];
  return ours.every((row) => !("blockedSeconds" in row.ordeal) || row.restarts.to === 0) ? 0 : 1;
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
