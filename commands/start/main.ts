/**
 * `npm start`: the service on this machine, with what the settings leave open filled in, and with its progress shown
 * until the model answers. The service itself runs as its own process, because the size of its thread pool can only be
 * given from outside.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { EXIT_CODES, PATHS, type ReadyReport } from "../../service/src/contract";
import { ROOT } from "../lib/repository";
import { forwardSignals } from "./forward-signals";
import { plainLine, progressLine } from "./load-progress";
import { makeCacheDir, serviceEnvironment, UnknownModelError } from "./service-environment";

const POLL_MILLISECONDS = 250;

const terminal = process.stderr.isTTY ? process.stderr : undefined;
let bar = "";

function main(): void {
  const env = serviceEnvironment(process.env);
  makeCacheDir(env);
  const child = spawn(process.execPath, ["--import", "tsx", join(ROOT, "service", "src", "main.ts")], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true, // a process group of its own, see forwardSignals
  });
  const done = new AbortController();
  createInterface({ input: child.stdout }).on("line", (line) => {
    draw("");
    process.stdout.write(`${line}\n`);
    const origin = listeningOrigin(line);
    if (origin !== undefined) void follow(origin, done.signal);
  });
  forwardSignals(process, child);
  child.on("exit", (code, signal) => {
    done.abort();
    draw("");
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
}

/** The service says where it listens, which with `PORT=0` nobody else knows. */
function listeningOrigin(line: string): string | undefined {
  if (!line.includes('"listening"')) return undefined;
  const { addresses } = JSON.parse(line) as { addresses?: { address: string; port: number; family: string }[] };
  const first = addresses?.[0];
  if (first === undefined) return undefined;
  const wildcard = first.address === "0.0.0.0" || first.address === "::";
  const host = wildcard ? "127.0.0.1" : first.family === "IPv6" ? `[${first.address}]` : first.address;
  return `http://${host}:${first.port}`;
}

async function follow(origin: string, signal: AbortSignal): Promise<void> {
  let previous: ReadyReport | undefined;
  while (!signal.aborted) {
    const report = await fetch(`${origin}${PATHS.ready}`, { signal }).then(
      async (response) => (await response.json()) as ReadyReport,
      () => undefined,
    );
    if (report?.status === "ready") {
      draw("");
      process.stderr.write(`Ready after ${Math.round(report.elapsed_seconds)} s: open ${origin}${PATHS.page}\n`);
      return;
    }
    if (report !== undefined && terminal !== undefined) draw(progressLine(report, terminal.columns));
    else if (report !== undefined) {
      const line = plainLine(report, previous);
      if (line !== undefined) process.stderr.write(`${line}\n`);
    }
    previous = report ?? previous;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

/** Replaces the bar on the last line of the terminal; an empty one clears it. */
function draw(line: string): void {
  if (terminal === undefined || (bar === "" && line === "")) return;
  terminal.write(`\r\u001b[2K${line}`);
  bar = line;
}

try {
  main();
} catch (error) {
  if (!(error instanceof UnknownModelError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_CODES.invalidSettings;
}
