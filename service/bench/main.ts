/**
 * Measures the engine on this machine.
 *
 *     npm run bench -- [NAME ...] [--shape 3b] [--dir FOLDER] [--repeats 3] [--model FILE] [--list]
 *     npm run bench -- --soak [--minutes 30] [--model FILE]
 *     npm run bench -- --peer LLAMA_SERVER [CASE ...] [--quick] [--threads 2] [--repeats 3] [--shape 3b | --model FILE]
 *
 * The last form sends the same requests to this service and to a llama-server and prints both (docs/engine.md says how
 * to build one).
 *
 * The model is generated once, with random weights, into the folder (by default below the system's temporary folder,
 * never into the repository). Figures of a busy machine say little: the load average is printed with them.
 */
import { existsSync, mkdirSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { makeModel, type ShapeName, SHAPES } from "../tools/make-model.js";
import { abortInPrompt } from "./abort-in-prompt.js";
import { type Benchmark } from "./benchmark.js";
import { healthLatency } from "./health-latency.js";
import { hostileSchemas } from "./hostile-schemas.js";
import { hostileTexts } from "./hostile-texts.js";
import { load } from "./load.js";
import { memory } from "./memory.js";
import { comparePeer, PEER_CASES } from "./peer/compare.js";
import { secondTurn } from "./second-turn.js";
import { soak } from "./soak.js";
import { streamGap } from "./stream-gap.js";
import { threads } from "./threads.js";

const BENCHMARKS: readonly Benchmark[] = [
  load,
  memory,
  threads,
  streamGap,
  abortInPrompt,
  secondTurn,
  healthLatency,
  hostileTexts,
  hostileSchemas,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: "string", default: "3b" },
    dir: { type: "string", default: join(tmpdir(), "carepath-bench-models") },
    model: { type: "string" },
    repeats: { type: "string", default: "3" },
    soak: { type: "boolean", default: false },
    minutes: { type: "string", default: "30" },
    peer: { type: "string" },
    quick: { type: "boolean", default: false },
    threads: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

/** The command was called in a way that it does not know. */
class UsageError extends Error {}

if (values.list) {
  for (const { name, purpose } of BENCHMARKS) console.log(`${name.padEnd(18)}${purpose}`);
  console.log(`${"--soak".padEnd(18)}${soak(30).purpose}`);
  console.log(`${"--peer PATH".padEnd(18)}${PEER_CASES.join(", ")}`);
} else {
  await main().catch((error: unknown) => {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  });
}

async function main(): Promise<void> {
  const names = values.peer === undefined ? BENCHMARKS.map(({ name }) => name) : PEER_CASES;
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new UsageError(`benchmark (${unknown.join(", ")}) must be one of ${names.join(", ")}.`);
  const repeats = Number(values.repeats);
  if (!Number.isInteger(repeats) || repeats < 1) {
    throw new UsageError(`--repeats (${values.repeats}) must be a whole number of at least 1.`);
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new UsageError(`--minutes (${values.minutes}) must be a number above 0.`);
  const modelPath = values.model ?? generatedModel(values.shape, values.dir);
  if (values.peer !== undefined) {
    const { peer, quick } = values;
    const threads = values.threads === undefined ? undefined : Number(values.threads);
    await comparePeer({ peer, modelPath, repeats, quick, only: positionals, threads });
    return;
  }
  // The soak takes half an hour, so it runs only where it is asked for, and then alone.
  const chosen = values.soak
    ? [soak(minutes)]
    : BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  for (const benchmark of chosen) {
    console.log(`\n${benchmark.name}: ${benchmark.purpose}`);
    const figures = await benchmark.run({ modelPath, shape: values.shape, repeats });
    for (const { name, value, unit, most } of figures) {
      const broken = most !== undefined && !(value <= most);
      if (broken) process.exitCode = 1;
      const promise = most === undefined ? "" : ` (${broken ? "ABOVE" : "at most"} ${most})`;
      console.log(`  ${name.padEnd(28)}${value.toFixed(value < 10 ? 2 : 1).padStart(10)} ${unit}${promise}`);
    }
    console.log(
      `  (load average ${loadavg()
        .map((load) => load.toFixed(1))
        .join(" ")})`,
    );
  }
}

function generatedModel(shape: string, folder: string): string {
  if (!Object.hasOwn(SHAPES, shape)) {
    throw new UsageError(`--shape (${shape}) must be one of ${Object.keys(SHAPES).join(", ")}.`);
  }
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${shape}.gguf`);
  if (!existsSync(path)) {
    console.log(`generating ${path} ...`);
    makeModel({ path, shape: shape as ShapeName });
  }
  return path;
}
