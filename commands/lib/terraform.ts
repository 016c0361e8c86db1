import { spawn } from "node:child_process";
import { constants } from "node:os";

/** What a finished program left. */
export interface Finished {
  /** Exit code; 128 + the number of the signal that ended it, as in a shell; 127 where it could not be started. */
  readonly status: number;
  readonly stdout: string;
  /** Everything it printed, errors included, in the order in which it came. */
  readonly log: string;
}

/** How long Terraform waits for a state lock that another run holds. */
const LOCK_TIMEOUT = "5m";

/**
 * Terraform in the folder of a stack, in this terminal.
 *
 * Ctrl-C reaches Terraform as well as this process. This process keeps running, so that Terraform can finish what it has
 * begun, write its state and release the lock; a second Ctrl-C makes Terraform give up. A SIGTERM is passed on as the
 * first Ctrl-C.
 */
export class Terraform {
  readonly #binary: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(binary: string, env: NodeJS.ProcessEnv) {
    this.#binary = binary;
    this.#env = { CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", ...env, TF_INPUT: "0" };
  }

  /** Runs `terraform ARGS` in `folder` with its output on this terminal. Resolves to the exit code. */
  async attached(folder: string, args: readonly string[]): Promise<number> {
    return (await this.#run(folder, args, "inherit")).status;
  }

  /** The same, and nothing is printed. */
  captured(folder: string, args: readonly string[]): Promise<Finished> {
    return this.#run(folder, args, "pipe");
  }

  #run(folder: string, args: readonly string[], output: "inherit" | "pipe"): Promise<Finished> {
    const plain = output === "pipe" || !process.stdout.isTTY;
    const child = spawn(this.#binary, completed(args, plain), {
      cwd: folder,
      env: this.#env,
      stdio: ["ignore", output, output],
    });
    const [out, all]: [string[], string[]] = [[], []];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out.push(text);
      all.push(text);
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => all.push(text));
    const interrupted = (): void => undefined;
    const terminated = (): void => void child.kill("SIGINT");
    process.on("SIGINT", interrupted).on("SIGTERM", terminated);
    return new Promise<Finished>((resolve) => {
      const finish = (status: number): void => {
        process.off("SIGINT", interrupted).off("SIGTERM", terminated);
        resolve({ status, stdout: out.join(""), log: all.join("") });
      };
      child.on("error", (error) => {
        all.push(`${this.#binary}: ${error.message}\n`);
        if (output === "inherit") process.stderr.write(`${this.#binary}: ${error.message}\n`);
        finish(127);
      });
      child.on("close", (code, signal) => {
        finish(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  }
}

/** Adds what every call needs: no colours outside of a terminal, and patience with a lock that another run holds. */
function completed([command = "", ...rest]: readonly string[], plain: boolean): string[] {
  if (!["init", "plan", "apply"].includes(command)) return [command, ...rest];
  return [command, `-lock-timeout=${LOCK_TIMEOUT}`, ...(plain ? ["-no-color"] : []), ...rest];
}
