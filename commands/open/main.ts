/** `npm run open`: the chat page of the deployed service in a browser, through a port of this machine. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

import { readConfig } from "../../config/load";
import { type AppConfig } from "../../config/schema";
import { PATHS, SERVICE_PORT } from "../../service/src/contract";
import { FROM_USER, npmCommand, numberIn, run } from "../lib/command-line";
import { type Forward, Kubectl } from "../lib/kubectl";

export const command = npmCommand(
  "open",
  "Opens the chat page of the environment that CAREPATH_ENV names, through kubectl port-forward. Ctrl-C ends it. " +
    "An engine without a page (vllm) is reached by its API at the same port.",
)
  .option(
    "--port <number>",
    "port of this machine",
    numberIn({ minimum: 1, maximum: 65_535, whole: true }),
    SERVICE_PORT,
  )
  .option("--no-browser", "print the address only");

/** After a restart of the pod its successor is there within a moment. */
const RECONNECT_MILLISECONDS = 1_000;

function main(argv: readonly string[]): Promise<number> {
  const { port, browser } = command.parse(argv, FROM_USER).opts();
  const config = readConfig(process.env);
  return Kubectl.with(config, process.env, (kubectl) => keepOpen(config, kubectl, port, browser));
}

/** Forwards until Ctrl-C; a pod that ends is followed by the next one. */
async function keepOpen(config: AppConfig, kubectl: Kubectl, port: number, browser: boolean): Promise<number> {
  const stopping = new AbortController();
  const stopped = () => stopping.signal.aborted;
  let forward: Forward | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stopping.abort();
      forward?.stop();
    });
  }
  const target = `service/${config.chat.name}`;
  forward = await kubectl.forward(target, port);
  const page = config.chat.engine.type !== "vllm"; // that one has only the API
  const address = `http://127.0.0.1:${port}${page ? PATHS.page : PATHS.models}`;
  process.stdout.write(`${address} leads to ${target} in ${config.chat.namespace}. Ctrl-C ends it.\n`);
  if (page && browser && process.stdout.isTTY) openBrowser(address);
  for (;;) {
    const reason = await forward.ended;
    if (stopped()) return 0;
    process.stderr.write(`The connection to the pod ended (${reason}). Connecting again.\n`);
    forward = await again(kubectl, target, port, stopped);
  }
}

async function again(kubectl: Kubectl, target: string, port: number, stopped: () => boolean): Promise<Forward> {
  for (;;) {
    await sleep(RECONNECT_MILLISECONDS);
    const forward = await kubectl.forward(target, port).catch(() => undefined);
    if (forward !== undefined && !stopped()) return forward;
    forward?.stop();
    if (stopped()) return { port, ended: Promise.resolve(""), stop: () => undefined };
  }
}

/** Where there is no browser, the printed address is enough. */
function openBrowser(address: string): void {
  const opener = process.platform === "darwin" ? "open" : process.platform === "win32" ? "explorer" : "xdg-open";
  spawn(opener, [address], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}

if (require.main === module) void run(main);
