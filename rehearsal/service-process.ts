import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, existsSync, openSync, closeSync, readFileSync, rmSync } from "node:fs";

import { type ContainerExit, type ContainerRuntime, type RunningContainer } from "./kubelet/pod";

export interface ServiceProcessProps {
  readonly command: readonly string[];
  /** Working directory that stands for the image's. */
  readonly cwd: string;
  /** The whole environment of the process; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** File to which the process writes why it gave up. */
  readonly terminationLog: string;
  /** File that collects stdout and stderr of all containers. */
  readonly logFile: string;
  /** `cgroup.procs` files that the process joins before it becomes the command. @default [] */
  readonly cgroupFiles?: readonly string[];
}

/** How much of the log's last line stands in for a termination message, as `FallbackToLogsOnError` does it. */
const LOG_TAIL_CHARACTERS = 400;

/** The workload's container as a process of this machine: its command, its env, its mounts in a temporary folder. */
export class ServiceProcess implements ContainerRuntime {
  #child: ChildProcess | undefined;
  readonly #props: ServiceProcessProps;

  constructor(props: ServiceProcessProps) {
    this.#props = props;
  }

  start(onExit: (exit: ContainerExit) => void): RunningContainer {
    const props = this.#props;
    rmSync(props.terminationLog, { force: true });
    appendFileSync(props.logFile, "");
    const log = openSync(props.logFile, "a");
    const [program = "", ...args] = this.#commandLine();
    const child = spawn(program, args, { cwd: props.cwd, env: props.env, stdio: ["ignore", log, log] });
    closeSync(log);
    this.#child = child;
    let ended = false;
    const end = (exit: ContainerExit) => {
      if (ended) return;
      ended = true;
      onExit(exit);
    };
    child.on("error", (error) => end({ code: null, signal: null, message: error.message }));
    child.on("exit", (code, signal) => end({ code, signal, message: this.#lastWords(code) }));
    return { signal: (name) => void child.kill(name) };
  }

  /** SIGKILL from outside the kubelet: the kernel's, or a rehearsed crash. */
  crash(): void {
    this.#child?.kill("SIGKILL");
  }

  /** `node` is the node that runs the rehearsal; a shell puts itself into the cgroup and then becomes the command. */
  #commandLine(): string[] {
    const { command, cgroupFiles = [] } = this.#props;
    const own = command.map((word, index) => (index === 0 && word === "node" ? process.execPath : word));
    if (cgroupFiles.length === 0) return own;
    const join = cgroupFiles.map((_file, index) => `echo $$ > "$${index + 1}"`).join("; ");
    return ["/bin/sh", "-c", `${join}; shift ${cgroupFiles.length}; exec "$@"`, "sh", ...cgroupFiles, ...own];
  }

  #lastWords(code: number | null): string {
    if (code === 0 || code === null) return "";
    const { terminationLog, logFile } = this.#props;
    const written = existsSync(terminationLog) ? readFileSync(terminationLog, "utf8").trim() : "";
    if (written !== "") return written;
    return (readFileSync(logFile, "utf8").trimEnd().split("\n").at(-1) ?? "").slice(-LOG_TAIL_CHARACTERS);
  }
}
