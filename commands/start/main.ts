/**
 * `npm start`: the service on this machine, with what the settings leave open filled in, and with its progress shown
 * until the model answers. The service itself runs as its own process, because the size of its thread pool can only be
 * given from outside.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { START_MODEL_ID } from "../../planning/catalogue/models";
import { ENV, PATHS, SERVICE_PORT, type ReadyReport } from "../../service/src/contract";
import { FROM_USER, npmCommand, run } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { forwardSignals } from "./forward-signals";
import { plainLine, progressLine } from "./load-progress";
import { OWN_REQUEST_ID, shownLine } from "./log-line";
import { modelLines, offlineLines } from "./model-words";
import { chosenModel, makeCacheDir, serviceEnvironment } from "./service-environment";

const POLL_MILLISECONDS = 250;
const OWN_REQUEST = { "x-request-id": OWN_REQUEST_ID };

const terminal = process.stderr.isTTY ? process.stderr : undefined;
let bar = "";

export const command = npmCommand("start", "Runs the chat service on this machine.").addHelpText(
  "after",
  `
Settings are environment variables; docs/service.md lists all of them. The first ones to know:
  ${ENV.modelId}      a model of the catalogue, downloaded once (default ${START_MODEL_ID})
  ${ENV.modelPath}    a GGUF file of this machine
  ${ENV.port}          default ${SERVICE_PORT}

On a terminal the log is written for people; piped, it is JSON lines.`,
);

function main(argv: readonly string[]): Promise<number> {
  command.parse(argv, FROM_USER);
  const env = serviceEnvironment(process.env);
  makeCacheDir(env);
  const model = chosenModel(process.env);
  if (model !== undefined) say(modelLines(model, env));
  const child = spawn(process.execPath, ["--import", "tsx", join(ROOT, "service", "src", "main.ts")], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true, // its own process group, see forwardSignals
  });
  const done = new AbortController();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const shown = shownLine(line, process.stdout.isTTY);
    if (shown !== undefined) {
      draw("");
      process.stdout.write(`${shown}\n`);
    }
    const origin = listeningOrigin(line);
    if (origin !== undefined) void follow(origin, done.signal);
  });
  forwardSignals(process, child);
  return new Promise((resolve) =>
    child.on("exit", (code, signal) => {
      done.abort();
      draw("");
      resolve(code ?? (signal === null ? 1 : 128));
    }),
  );
}

function say(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}

/** The service says where it listens, which with `PORT=0` nothing else knows. */
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
  let helped = false;
  while (!signal.aborted) {
    const report = await fetch(`${origin}${PATHS.ready}`, { signal, headers: OWN_REQUEST }).then(
      async (response) => (await response.json()) as ReadyReport,
      () => undefined,
    );
    if (report?.status === "ready") {
      draw("");
      process.stderr.write(`Ready after ${Math.round(report.elapsed_seconds)} s: open ${origin}${PATHS.page}\n`);
      return;
    }
    const help = report && !helped ? offlineLines(report) : undefined;
    if (help !== undefined) {
      helped = true;
      draw("");
      say(help);
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

if (require.main === module) void run(main);
