/**
 * `npm run measure-memory`: what the service really takes, beside what `service/src/memory-need.ts` computes.
 *
 * Each model is made of random weights (`service/tools/make-model.ts`) and loaded by the built service, as the image
 * runs it, which then answers one question in every slot.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { MIB } from "../../planning/byte-units";
import { memoryLimit } from "../../planning/capacity/memory-limit";
import { DEFAULTS, ENV, IMAGE_ENVIRONMENT, PATHS } from "../../service/src/contract";
import { ROOT } from "../lib/repository";
import { FROM_USER, list, npmCommand, numberIn, run, UsageError } from "../lib/command-line";
import { buildService } from "../../rehearsal/build-service";
import { choosePort } from "../../rehearsal/free-port";
import { runNode } from "../../rehearsal/node-process";
import { textTable } from "../lib/text-table";

/** Shapes of `service/tools/make-model.ts`, with what the memory plan must know of them. */
const SHAPES = {
  small: { layers: 6, keyValueHeads: 2, headSize: 64 },
  medium: { layers: 24, keyValueHeads: 4, headSize: 64 },
  "3b": { layers: 36, keyValueHeads: 2, headSize: 128 },
} as const;

type ShapeName = keyof typeof SHAPES;

/** Largest difference between plan and measurement that still counts as a match. */
const TOLERANCE = 0.15;

const WHOLE = numberIn({ minimum: 1, whole: true });

const LOAD_SECONDS = 600;
const QUESTION_SECONDS = 600;

/** What the key-value cache grows with. */
interface Setting {
  /** Tokens of one slot. */
  readonly contextSize: number;
  readonly slots: number;
}

interface Measurement {
  readonly shape: ShapeName;
  readonly expectedMiB: number;
  readonly weightsMiB: number;
  readonly keyValueMiB: number;
  /** After the answers, and the highest ever (of which a part may be transient). */
  readonly residentMiB: number;
  readonly peakMiB: number;
}

export const command = npmCommand("measure-memory", "Measures the memory of the service and compares it with the plan.")
  .option("--shapes <names>", "models to generate, separated by commas", list, Object.keys(SHAPES))
  .option("--context <tokens>", "context of one slot", WHOLE, DEFAULTS.contextSize)
  .option("--slots <number>", "answers at once", WHOLE, DEFAULTS.parallelSlots)
  .option("--keep <folder>", "keep the generated models there for the next time")
  .addHelpText(
    "after",
    "\nThree models take 3 GB of disk and some minutes. Exit code 1 when a figure is more than 15 % away from the plan.",
  );

async function main(argv: readonly string[]): Promise<number> {
  const values = command.parse(argv, FROM_USER).opts();
  const shapes = shapeNames(values.shapes);
  const setting: Setting = { contextSize: values.context, slots: values.slots };
  await buildService(ROOT);
  const folder = values.keep ?? mkdtempSync(join(tmpdir(), "measure-memory-"));
  mkdirSync(folder, { recursive: true });
  try {
    const results: Measurement[] = [];
    for (const shape of shapes) results.push(await measure(shape, setting, folder));
    process.stdout.write(`${report(results, setting).join("\n")}\n`);
    return results.every((result) => Math.abs(deviation(result)) <= TOLERANCE) ? 0 : 1;
  } finally {
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function shapeNames(names: readonly string[]): ShapeName[] {
  const unknown = names.filter((name) => !Object.hasOwn(SHAPES, name));
  if (unknown.length > 0) {
    throw new UsageError(
      `--shapes (${unknown.join(", ")}) must be of ${Object.keys(SHAPES).join(", ")}. Choose among them.`,
    );
  }
  return names as ShapeName[];
}

async function measure(shape: ShapeName, setting: Setting, folder: string): Promise<Measurement> {
  const path = join(folder, `${shape}.gguf`);
  if (!existsSync(path)) {
    process.stderr.write(`making ${path}\n`);
    const made = await runNode(ROOT, [
      "--import",
      "tsx",
      "service/tools/make-model.ts",
      "--shape",
      shape,
      "--out",
      path,
    ]);
    if (made.code !== 0) throw new Error(made.output);
  }
  const bytes = statSync(path).size;
  const port = await choosePort(0);
  const settings = {
    ...IMAGE_ENVIRONMENT,
    [ENV.modelPath]: path,
    [ENV.modelId]: shape,
    [ENV.host]: "127.0.0.1",
    [ENV.port]: String(port),
    [ENV.contextSize]: String(setting.contextSize),
    [ENV.parallelSlots]: String(setting.slots),
    [ENV.threadPoolSize]: String(DEFAULTS.threadPoolSize),
    [ENV.logLevel]: "warn",
  };
  const service = spawn(process.execPath, ["service/dist/main.js"], {
    cwd: ROOT,
    env: { ...process.env, ...settings },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(service, "exit");
  try {
    process.stderr.write(`loading ${path} (${Math.round(bytes / MIB)} MiB)\n`);
    const url = `http://127.0.0.1:${port}`;
    await untilReady(url, service);
    await Promise.all(Array.from({ length: setting.slots }, (_, slot) => ask(url, shape, slot)));
    const need = memoryLimit({ bytes, shape: SHAPES[shape] }, setting);
    const { residentMiB, peakMiB } = memoryOf(service);
    const { expectedMiB, weightsMiB, keyValueMiB } = need;
    return { shape, expectedMiB, weightsMiB, keyValueMiB, residentMiB, peakMiB };
  } finally {
    service.kill("SIGTERM");
    await Promise.race([ended, sleep(15_000).then(() => service.kill("SIGKILL"))]);
  }
}

async function untilReady(url: string, service: ChildProcess): Promise<void> {
  for (let second = 0; second < LOAD_SECONDS; second++) {
    if (service.exitCode !== null)
      throw new Error(`the service ended with exit code ${service.exitCode} while loading.`);
    const response = await fetch(`${url}${PATHS.ready}`).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(1000);
  }
  throw new Error(`the service was not ready after ${LOAD_SECONDS} s.`);
}

/** A prompt and an answer of some length, so that context and compute buffers are touched. */
async function ask(url: string, model: string, slot: number): Promise<void> {
  const response = await fetch(`${url}${PATHS.chatCompletions}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model,
      messages: [{ role: "user", content: `${slot}: ${"What should I do about a headache? ".repeat(8)}` }],
      max_tokens: 16,
    }),
    signal: AbortSignal.timeout(QUESTION_SECONDS * 1000),
  });
  if (!response.ok) throw new Error(`the service answered ${response.status}: ${await response.text()}`);
  await response.text();
}

function memoryOf(service: ChildProcess): { readonly residentMiB: number; readonly peakMiB: number } {
  const status = readFileSync(`/proc/${service.pid ?? 0}/status`, "utf8");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  return { residentMiB: field("VmRSS"), peakMiB: field("VmHWM") };
}

function deviation({ expectedMiB, residentMiB }: Measurement): number {
  return (residentMiB - expectedMiB) / expectedMiB;
}

function report(results: readonly Measurement[], { contextSize, slots }: Setting): string[] {
  const mib = (value: number): string => value.toFixed(0);
  return [
    `Memory of the service in MiB, context ${contextSize} x ${slots} slots, Node ${process.version}, ${process.arch}`,
    ...textTable(
      [
        ["shape", "weights", "key-value", "planned", "measured", "difference", "beyond weights and cache", "peak"],
        ...results.map((result) => [
          result.shape,
          mib(result.weightsMiB),
          mib(result.keyValueMiB),
          mib(result.expectedMiB),
          mib(result.residentMiB),
          `${(deviation(result) * 100).toFixed(1)} %`,
          mib(result.residentMiB - result.weightsMiB - result.keyValueMiB),
          mib(result.peakMiB),
        ]),
      ],
      ["left", "right", "right", "right", "right", "right", "right", "right"],
    ),
  ];
}

if (require.main === module) void run(main);
