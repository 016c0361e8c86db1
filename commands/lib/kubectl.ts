/** kubectl on the cluster of an environment: questions with typed answers, and ports of pods on this machine. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { type z } from "zod";

import { clusterName } from "../../config/names";
import { type AppConfig } from "../../config/schema";
import { SERVICE_PORT } from "../../service/src/contract";
import { UsageError } from "./command-line";
import { kubeconfigPath } from "./kubeconfig";

/** A cluster that does not answer is reported, not waited for. */
const TIMEOUT = "--request-timeout=15s";

const runFile = promisify(execFile);

/** A port of this machine that leads to a pod. */
export interface Forward {
  readonly port: number;
  /** Resolves when kubectl has ended, with what it said last. */
  readonly ended: Promise<string>;
  stop(): void;
}

export class Kubectl {
  readonly #words: readonly string[];
  readonly #env: NodeJS.ProcessEnv;

  private constructor(words: readonly string[], env: NodeJS.ProcessEnv) {
    this.#words = words;
    this.#env = env;
  }

  /**
   * kubectl on the cluster of an environment, for as long as `use` takes. The kubeconfig of an EKS cluster is made in a
   * temporary folder, so that the current context of the person stays what it was.
   *
   * @throws {UsageError} where the AWS CLI cannot describe the cluster
   */
  static async with<T>(config: AppConfig, env: NodeJS.ProcessEnv, use: (kubectl: Kubectl) => Promise<T>): Promise<T> {
    const namespace = ["--namespace", config.chat.namespace];
    if (config.target === "existing-cluster") {
      const path = kubeconfigPath(config, env);
      return use(new Kubectl(["--kubeconfig", path, "--context", config.kubeconfigContext, ...namespace], env));
    }
    const folder = mkdtempSync(join(tmpdir(), "carepath-kubeconfig-"));
    const path = join(folder, "config");
    const name = clusterName(config.environment);
    try {
      await program(
        "aws",
        ["eks", "update-kubeconfig", "--name", name, "--region", config.region, "--kubeconfig", path],
        {
          env,
          fix: "Check the credentials and whether the cluster is deployed: npm run doctor.",
        },
      );
      return await use(new Kubectl(["--kubeconfig", path, ...namespace], env));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** @throws {UsageError} with the words of kubectl */
  async get<T extends z.ZodType>(schema: T, ...args: readonly string[]): Promise<z.infer<T>> {
    const text = await program("kubectl", [...this.#words, TIMEOUT, "get", ...args, "--output", "json"], {
      env: this.#env,
      fix: "Check that the cluster can be reached from this machine: npm run doctor.",
    });
    return schema.parse(JSON.parse(text));
  }

  /** @throws {UsageError} with the words of kubectl */
  async run(...args: readonly string[]): Promise<void> {
    await program("kubectl", [...this.#words, ...args], {
      env: this.#env,
      fix: "Check that the cluster can be reached from this machine: npm run doctor.",
    });
  }

  /** @throws {UsageError} where kubectl ends before the port is open */
  async forward(target: string, localPort = 0): Promise<Forward> {
    const ports = `${localPort === 0 ? "" : localPort}:${SERVICE_PORT}`;
    const child = spawn("kubectl", [...this.#words, "port-forward", target, ports, "--address", "127.0.0.1"], {
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let last = "";
    child.stderr.on("data", (chunk: Buffer) => (last = chunk.toString().trim().split("\n").at(-1) ?? last));
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", () => resolve(last));
    });
    const port = await Promise.race([forwardedPort(child), ended.then(() => undefined)]);
    if (port === undefined) throw new UsageError(`kubectl port-forward ${target} ended: ${last || "without a word"}`);
    return { port, ended, stop: () => child.kill() };
  }
}

function forwardedPort(child: ChildProcess & { readonly stdout: NodeJS.ReadableStream }): Promise<number> {
  return new Promise((resolve) =>
    createInterface({ input: child.stdout }).on("line", (line) => {
      const port = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    }),
  );
}

async function program(
  name: string,
  args: readonly string[],
  { env, fix }: { readonly env: NodeJS.ProcessEnv; readonly fix: string },
): Promise<string> {
  try {
    return (await runFile(name, [...args], { env, maxBuffer: 64 * 1024 * 1024 })).stdout;
  } catch (error) {
    const { code, stderr = "" } = error as { readonly code?: unknown; readonly stderr?: string };
    if (code === "ENOENT") throw new UsageError(`${name} is not installed, or not in the PATH. Install it.`);
    throw new UsageError(`${name} failed: ${stderr.trim().split("\n").at(-1) ?? "without a word"}. ${fix}`);
  }
}
