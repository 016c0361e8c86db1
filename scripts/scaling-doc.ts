/**
 * Writes the figure and the numbers of docs/scaling.md from `planning/`: `npm run docs:scaling`. A test keeps both in
 * step with the code by two checksums at the end of the document, so that it need not simulate everything again.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { catalogueModel, type ModelFacts } from "../planning/model-catalogue";
import { instanceHour } from "../planning/prices";
import {
  ASSUMED_USERS,
  CPU_NODE,
  GPU_NODE,
  MAX_QUEUE,
  SIMULATED_QUESTIONS,
  SLOTS,
  TARGET,
  crossoverUsers,
  replicaThroughput,
  scalingStep,
  simulateUsers,
  usersWithinTarget,
  type FleetOptions,
  type ScalingStep,
} from "../planning/scaling";
import { figure, type Series } from "../planning/scaling-figure";
import { REFERENCE, REFERENCE_GIB_PER_CORE } from "../planning/throughput";

const FOLDER = join(__dirname, "..", "docs");
export const FIGURE_FILE = join(FOLDER, "scaling.svg");
export const DOC_FILE = join(FOLDER, "scaling.md");

const MODEL_ID = "qwen2.5-3b-instruct";

/** Texts of the generated blocks by the name of their marker, and the figure. */
export interface ScalingDocument {
  readonly figure: string;
  readonly blocks: Readonly<Record<string, string>>;
}

/**
 * Simulates everything that the document shows; a few seconds.
 * @param questions of each simulation; fewer are quicker and give other figures
 */
export function scalingDocument(questions = SIMULATED_QUESTIONS): ScalingDocument {
  const model = catalogueModel(MODEL_ID);
  if (model === undefined) throw new Error(`model (${MODEL_ID}) is not in the catalogue.`);
  const fleets = FLEETS.map((fleet) => {
    const options = { ...fleet.options, questions };
    return { ...fleet, options, users: usersWithinTarget(model, options) };
  });
  const alone = fleets.find(({ name }) => name === ALONE)?.users ?? 1;
  const steps = [10, 1000, 100_000].map((users) => scalingStep(users, alone));
  return {
    figure: drawFigure(model, alone, questions),
    blocks: {
      speed: speedBlock(model),
      fleets: fleetBlock(fleets),
      steps: stepBlock(steps),
      crossover: crossoverBlock(alone),
    },
  };
}

/** Simulated questions of the quick run. */
const QUICK_QUESTIONS = 200;

export function quickDocument(): ScalingDocument {
  return scalingDocument(QUICK_QUESTIONS);
}

/**
 * What the test compares. `code` changes when the code or its numbers would draw or write anything else: it is the
 * checksum of the same document from a quick simulation. `content` changes when somebody edits the figures by hand.
 */
export function checksums({ figure: svg, blocks }: ScalingDocument, quick = quickDocument()): string {
  const code = digest(JSON.stringify([SIMULATED_QUESTIONS, ASSUMED_USERS, TARGET, quick]));
  return `<!-- checksums: code ${code}, content ${digest(JSON.stringify([svg, blocks]))} -->`;
}

/** The figure and the blocks as they stand in the files. */
export function committedDocument(document: string, svg: string): ScalingDocument {
  const block = (name: string): string => {
    const content = new RegExp(`<!-- ${name} -->\\n\\n([\\s\\S]*?)\\n\\n<!-- /${name} -->`).exec(document)?.[1];
    if (content === undefined) throw missing(name);
    return content;
  };
  return { figure: svg, blocks: Object.fromEntries(BLOCKS.map((name) => [name, block(name)])) };
}

const BLOCKS = ["speed", "fleets", "steps", "crossover"] as const;

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function missing(name: string): Error {
  return new Error(`docs/scaling.md has no block "${name}". Put its two markers back.`);
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
export function fillBlocks(document: string, blocks: ScalingDocument["blocks"]): string {
  return Object.entries(blocks).reduce((text, [name, content]) => {
    const pattern = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!pattern.test(text)) throw missing(name);
    return text.replace(pattern, (_, start: string, end: string) => `${start}\n${content}\n\n${end}`);
  }, document);
}

const ALONE = "1 replica, 2 slots (the default)";

const FLEETS: readonly { readonly name: string; readonly options: FleetOptions; readonly replicas: number }[] = [
  { name: "1 replica, 1 slot", options: { slots: 1 }, replicas: 1 },
  { name: ALONE, options: { slots: SLOTS }, replicas: 1 },
  { name: "1 replica, 4 slots", options: { slots: 4 }, replicas: 1 },
  { name: "4 replicas behind a Service (random)", options: { replicas: 4 }, replicas: 4 },
  { name: "4 replicas, least busy first", options: { replicas: 4, routing: "least-busy" }, replicas: 4 },
  { name: "8 replicas, least busy first", options: { replicas: 8, routing: "least-busy" }, replicas: 8 },
];

function speedBlock(model: ModelFacts): string {
  const { decode, prefill, cores } = replicaThroughput(model);
  return [
    `Measured: ${REFERENCE.decodeTokensPerSecond} tok/s on ${REFERENCE.cores} cores with ${REFERENCE.weightsGiB.toFixed(2)} GiB of weights, ` +
      `that is ${REFERENCE_GIB_PER_CORE.toFixed(1)} GiB/s a core.`,
    `Estimated for ${cores} cores of a ${CPU_NODE} with ${model.id}: ${decode.toFixed(1)} tok/s, prompts at ${prefill.toFixed(0)} tok/s.`,
  ].join("\n");
}

function fleetBlock(
  fleets: readonly { name: string; replicas: number; users: number; options: FleetOptions }[],
): string {
  const model = catalogueModel(MODEL_ID);
  return markdownTable(
    ["fleet", "users", "per replica", "cores busy", "median first token"],
    fleets.map(({ name, replicas, users, options }) => {
      const result = model === undefined ? undefined : simulateUsers(model, users, options);
      return [
        name,
        twoDigits(users),
        twoDigits(users / replicas),
        `${((result?.utilisation ?? 0) * 100).toFixed(0)} %`,
        `${(result?.firstToken.median ?? 0).toFixed(1)} s`,
      ];
    }),
  );
}

function stepBlock(steps: readonly ScalingStep[]): string {
  return markdownTable(
    [
      "users",
      "questions/s",
      "answer tok/s",
      CPU_NODE,
      "$ a month",
      "$/1M tokens",
      GPU_NODE.name,
      "$ a month",
      "$/1M tokens",
    ],
    steps.map(({ users, questionsPerSecond, tokensPerSecond, cpu, gpu }) => [
      users.toLocaleString("en-US"),
      twoDigits(questionsPerSecond),
      twoDigits(tokensPerSecond),
      twoDigits(cpu.nodes),
      twoDigits(cpu.usdPerMonth),
      twoDigits(cpu.usdPerMillionTokens),
      twoDigits(gpu.nodes),
      twoDigits(gpu.usdPerMonth),
      twoDigits(gpu.usdPerMillionTokens),
    ]),
  );
}

function crossoverBlock(usersPerReplica: number): string {
  const users = crossoverUsers(usersPerReplica);
  const replicas = Math.ceil(users / usersPerReplica);
  return (
    `One ${GPU_NODE.name} ($${instanceHour(GPU_NODE.name).toFixed(2)}/h) costs less than the ${CPU_NODE} nodes from the ${ordinal(replicas)} ` +
    `replica on, at about ${twoDigits(users)} users.`
  );
}

function drawFigure(model: ModelFacts, usersPerReplica: number, questions: number): string {
  const perReplica = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120];
  const waiting = (options: FleetOptions): Series["points"] =>
    perReplica.map((users) => [
      users,
      simulateUsers(model, users * (options.replicas ?? 1), { ...options, questions }).firstToken.p95,
    ]);
  const users = [10, 18, 32, 56, 100, 180, 320, 560, 1000, 1800, 3200, 5600, 10_000, 18_000, 32_000, 56_000, 100_000];
  return figure([
    {
      title: `First token, ${CPU_NODE}, ${model.id}`,
      xLabel: "users per replica (5 % of them active)",
      yLabel: "95th percentile of the wait, seconds",
      x: { scale: "linear", from: 0, to: 120, ticks: [0, 20, 40, 60, 80, 100, 120], format: String },
      y: { scale: "linear", from: 0, to: 60, ticks: [0, 15, 30, 45, 60], format: String },
      series: [
        { label: "1 slot", colour: "#9b5de5", points: waiting({ slots: 1 }) },
        { label: "2 slots (default)", colour: "#1f6feb", points: waiting({ slots: SLOTS }) },
        { label: "4 slots", colour: "#2a9d8f", points: waiting({ slots: 4 }) },
        {
          label: "2 slots, 4 replicas, least busy first",
          colour: "#e76f51",
          points: waiting({ replicas: 4, routing: "least-busy" }),
          dashed: true,
        },
      ],
      marks: [{ at: TARGET.firstTokenP95Seconds, axis: "y", label: `target ${TARGET.firstTokenP95Seconds} s` }],
    },
    {
      title: "Nodes for the busiest hour",
      xLabel: "users",
      yLabel: "USD a month, nodes only",
      x: { scale: "log", from: 10, to: 100_000, ticks: [10, 100, 1000, 10_000, 100_000], format: short },
      y: {
        scale: "log",
        from: 100,
        to: 1_000_000,
        ticks: [100, 1000, 10_000, 100_000, 1_000_000],
        format: (v) => `$${short(v)}`,
      },
      series: [
        {
          label: `${CPU_NODE}, random routing`,
          colour: "#1f6feb",
          points: users.map((count) => [count, scalingStep(count, usersPerReplica).cpu.usdPerMonth]),
        },
        {
          label: `${GPU_NODE.name} (one L4)`,
          colour: "#e76f51",
          points: users.map((count) => [count, scalingStep(count, usersPerReplica).gpu.usdPerMonth]),
        },
      ],
      marks: [
        {
          at: crossoverUsers(usersPerReplica),
          axis: "x",
          label: `${twoDigits(crossoverUsers(usersPerReplica))} users`,
        },
      ],
    },
  ]);
}

function short(value: number): string {
  if (value >= 1_000_000) return `${value / 1_000_000}M`;
  return value >= 1000 ? `${value / 1000}k` : String(value);
}

/** More digits than two would promise what a simulation of assumed users cannot keep. */
export function twoDigits(value: number): string {
  const rounded = Number(value.toPrecision(2));
  return rounded >= 10 || Number.isInteger(value) ? rounded.toLocaleString("en-US") : rounded.toPrecision(2);
}

function ordinal(number: number): string {
  const suffix = { 1: "st", 2: "nd", 3: "rd" }[number] ?? "th";
  return `${number}${suffix}`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(cell.length, 3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

if (require.main === module) {
  const computed = scalingDocument();
  const document = fillBlocks(readFileSync(DOC_FILE, "utf8"), computed.blocks);
  writeFileSync(FIGURE_FILE, computed.figure);
  writeFileSync(DOC_FILE, document.replace(/<!-- checksums: .* -->/, checksums(computed)));
  const { lengths, activeShare } = ASSUMED_USERS;
  process.stdout.write(
    `Wrote docs/scaling.md and docs/scaling.svg (${activeShare * 100} % active, ${lengths.answer} tokens an answer, queue ${MAX_QUEUE}).\n`,
  );
}
