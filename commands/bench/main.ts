/** `npm run bench`: the benchmarks of the service, which is a workspace that imports nothing of this folder. */
import { spawnSync } from "node:child_process";

import { DEFAULTS, ENV, IMAGE_ENVIRONMENT } from "../../service/src/contract";
import { FROM_USER, npmCommand, numberIn, run } from "../lib/command-line";
import { ROOT } from "../lib/repository";

export const command = npmCommand("bench", "Measures the engine on this machine.")
  .argument("[names...]", "benchmarks, or with --peer its cases; none stands for all of them (--list names them)")
  .option("--soak", "mixed traffic for a long time instead: growth of the memory, delays of the event loop")
  .option("--minutes <number>", "how long the soak takes (default: 30)", numberIn({ minimum: 1 }))
  .option("--list", "list the benchmarks")
  .option("--shape <name>", "shape of the generated model (default: 3b)")
  .option("--dir <folder>", "where the generated model is kept (default: below the system's temporary folder)")
  .option("--model <file>", "a GGUF file instead of a generated model")
  .option("--peer <file>", "a llama-server: the same requests to it and to this service, side by side")
  .option("--quick", "with --peer: one measurement of each figure, and short answers")
  .option("--threads <number>", "with --peer: threads of both", numberIn({ minimum: 1, whole: true }))
  .option("--repeats <number>", "measurements of each figure (default: 3)", numberIn({ minimum: 1, whole: true }))
  .addHelpText(
    "after",
    "\nFigures of a busy machine say little: the load average is printed with them. The 3b model takes 2 GB of disk.",
  );

function main(argv: readonly string[]): number {
  command.parse(argv, FROM_USER);
  const words = ["--import", "tsx", "service/bench/main.ts", ...argv];
  // What the image sets, for benchmarks that run the engine in their own process and for services that they start.
  const env = { ...process.env, ...IMAGE_ENVIRONMENT, [ENV.threadPoolSize]: String(DEFAULTS.threadPoolSize) };
  const { status, error } = spawnSync(process.execPath, words, { cwd: ROOT, env, stdio: "inherit" });
  if (error) throw error;
  return status ?? 1;
}

if (require.main === module) void run(main);
