import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { PATHS } from "../../src/contract.js";
import { freePort, get, HOST, type ServiceOptions, spawnService } from "../service-process.js";

/** Of both servers. */
export type ServerOptions = Required<ServiceOptions>;

/** A server that speaks the OpenAI API. */
export interface Server {
  readonly url: string;
  /** Processor time that its process has had so far; undefined where the system does not say. */
  processorSeconds(): number | undefined;
  stop(): Promise<void>;
}

/** @param settings environment variables beside those of the options */
export async function startService(
  options: ServerOptions,
  settings: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const port = await freePort();
  return await started(spawnService(port, options, settings), port, PATHS.ready);
}

/** llama-server with the same model, slots and threads; everything else is its default. */
export async function startPeer(
  binary: string,
  { modelPath, slots, contextSize, threads }: ServerOptions,
): Promise<Server> {
  const port = await freePort();
  const given = { model: modelPath, host: HOST, port, parallel: slots, "ctx-size": slots * contextSize, threads };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return await started(spawn(binary, args, { stdio: "ignore" }), port, "/health");
}

/** Starts a server and stops it, whatever happens. */
export async function withServer<T>(starting: Promise<Server>, use: (server: Server) => Promise<T>): Promise<T> {
  const server = await starting;
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

/** Folder for conversations of a service that is restarted. */
export function temporaryCache(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "carepath-bench-cache-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

async function started(child: ChildProcess, port: number, readyPath: string): Promise<Server> {
  const kill = (): void => void child.kill();
  process.once("exit", kill);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  while ((await get(port, readyPath)) !== 200) {
    if (child.exitCode !== null || child.signalCode !== null) {
      const how = child.signalCode ?? `exit code ${child.exitCode}`;
      throw new Error(`${child.spawnfile} ended before it was ready (${how}): run it by hand to see why.`);
    }
    await sleep(100);
  }
  return {
    url: `http://${HOST}:${port}`,
    processorSeconds: () => processorSeconds(child.pid ?? 0),
    stop: async () => {
      process.off("exit", kill);
      kill();
      await exited;
    },
  };
}

/** User and system time of `/proc/PID/stat`, counted in hundredths of a second. */
function processorSeconds(pid: number): number | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  const fields = readFileSync(path, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
