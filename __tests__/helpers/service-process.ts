import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { transformSync } from "esbuild";
import { type Phase, type ReadyReport } from "../../service/src/contract.js";

const ROOT = resolve(process.cwd());

/** The service as the image has it: JavaScript below `dist`, run by plain Node. Built in a second, once a test file. */
export interface BuiltService {
  /** The program of the image. */
  readonly main: string;
  start(env: Readonly<Record<string, string>>, program: string): ServiceProcess;
  /** Adds a program that can import from `./dist/`. */
  addProgram(name: string, source: string): string;
  /** Kills what still runs and removes the build. */
  dispose(): Promise<void>;
}

export function buildService(): BuiltService {
  const folder = mkdtempSync(join(tmpdir(), "carepath-service-"));
  const source = join(ROOT, "service", "src");
  for (const name of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const { code } = transformSync(readFileSync(join(source, name), "utf8"), {
      loader: "ts",
      format: "esm",
      target: "es2022",
    });
    const target = join(folder, "dist", name.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  symlinkSync(join(ROOT, "service", "public"), join(folder, "public"));
  const started: ServiceProcess[] = [];
  return {
    main: join(folder, "dist", "main.js"),
    start: (env, program) => {
      const service = new ServiceProcess(program, env);
      started.push(service);
      return service;
    },
    addProgram: (name, text) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    dispose: async () => {
      await Promise.all(started.map((service) => service.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A running service and everything it has said. */
export class ServiceProcess {
  readonly lines: Record<string, unknown>[] = [];
  output = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string>;

  constructor(program: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [program], {
      env: { PATH: process.env["PATH"], HOST: "127.0.0.1", PORT: "0", UV_THREADPOOL_SIZE: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let rest = "";
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.output += chunk.toString();
      const complete = (rest + chunk.toString()).split("\n");
      rest = complete.pop() ?? "";
      for (const line of complete) this.lines.push(JSON.parse(line) as Record<string, unknown>);
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.#ended = once(this.#child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  }

  /** Exit code, or the name of the signal that ended it. */
  get exit(): Promise<number | string> {
    return this.#ended;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async origin(): Promise<string> {
    const line = await this.until("the service listens", () => this.lines.find(({ msg }) => msg === "listening"));
    const [first] = line["addresses"] as { port: number }[];
    return `http://127.0.0.1:${first?.port ?? 0}`;
  }

  async ready(): Promise<{ readonly status: number; readonly report: ReadyReport }> {
    const response = await fetch(`${await this.origin()}/ready`);
    return { status: response.status, report: (await response.json()) as ReadyReport };
  }

  async reaches(phase: Phase): Promise<void> {
    await this.until(`phase ${phase}`, () => this.lines.find((line) => line["phase"] === phase));
  }

  /** Waits for something that the process will do; what it said is in the error when it does not. */
  async until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      const found = await look();
      if (found !== undefined) return found;
      await pause(20);
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) break;
    }
    throw new Error(`${what} did not happen within a minute; the service said:\n${this.output}`);
  }
}
