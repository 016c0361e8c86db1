import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ROOT } from "../../commands/lib/repository";

/** A finished `npm run` command. */
export interface CommandResult {
  /** Exit code; 128 + signal where a signal ended it. */
  readonly status: number;
  /** Both outputs, in the order in which they came. */
  readonly output: string;
}

/** A command that is still running. */
export interface RunningCommand {
  readonly process: ChildProcess;
  readonly result: Promise<CommandResult>;
  /** Resolves when the output so far matches. Rejects when the command ends before. */
  outputs(expected: RegExp): Promise<void>;
}

/**
 * The synthesized stacks of one environment in a temporary folder, and the commands of this project on them.
 *
 * `TEST_AWS_PROVIDER_VERSION` replaces the version of the AWS provider that the stacks pin, where only another one can be
 * installed.
 */
export class AwsStacks {
  readonly #folder = mkdtempSync(join(tmpdir(), "carepath-aws-"));
  readonly #env: NodeJS.ProcessEnv;

  constructor(variables: Readonly<Record<string, string>>) {
    const neutral = Object.entries(process.env).filter(([name]) => !/^(CAREPATH_|NODE_OPTIONS|JEST_)/.test(name));
    this.#env = { ...Object.fromEntries(neutral), ...variables };
  }

  get output(): string {
    return join(this.#folder, "cdktf.out");
  }

  /** Synthesizes `main.ts`, or another app. More variables replace those of the constructor from now on. */
  synthesize({ app = "main.ts", variables = {} }: { app?: string; variables?: Record<string, string> } = {}): void {
    Object.assign(this.#env, variables);
    execFileSync(process.execPath, ["--import", "tsx", app], {
      cwd: ROOT,
      env: { ...this.#env, CDKTF_OUTDIR: this.output },
      stdio: "pipe",
    });
    this.#adaptProvider();
  }

  #adaptProvider(): void {
    for (const stack of readdirSync(join(this.output, "stacks"))) {
      writeFileSync(join(this.output, "stacks", stack, "zz_override.tf.json"), JSON.stringify(OVERRIDE));
    }
  }

  /** Runs cdktf itself, as people type it: `synth` with the app's name, `diff` and `deploy` on what it wrote. */
  async cdktf(name: "synth" | "diff" | "deploy", stackOrApp: string): Promise<CommandResult> {
    const words = {
      synth: ["--app", `node --import tsx ${stackOrApp}`],
      diff: [stackOrApp, "--skip-synth", "--skip-provider-lock"],
      deploy: [stackOrApp, "--skip-synth", "--skip-provider-lock", "--auto-approve"],
    }[name];
    const env = { ...this.#env, CI: "1", FORCE_COLOR: "0" };
    const program = join(ROOT, "node_modules", ".bin", "cdktf");
    const result = await started(program, [name, ...words, "--output", this.output], env).result;
    if (name === "synth" && result.status === 0) this.#adaptProvider();
    return result;
  }

  /** Address and values of everything that the local state of a stack records. */
  recorded(stack: string): readonly { readonly type: string; readonly name: string; readonly mode: string }[] {
    const state = readFileSync(join(this.#folder, `terraform.${stack}.tfstate`), "utf8");
    return (JSON.parse(state) as { resources: { type: string; name: string; mode: string }[] }).resources;
  }

  /** Runs `npm run NAME -- STACK` on what was synthesized last, and waits for its end. */
  run(name: "diff" | "deploy" | "destroy", stack: string): Promise<CommandResult> {
    return this.start(name, stack).result;
  }

  start(name: "diff" | "deploy" | "destroy", stack: string): RunningCommand {
    const approve = name === "diff" ? [] : ["--auto-approve"];
    const words = ["--import", "tsx", `commands/${name}/main.ts`, stack, "--skip-synth", "--output", this.output];
    return started(process.execPath, [...words, ...approve], this.#env);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function started(program: string, words: readonly string[], env: NodeJS.ProcessEnv): RunningCommand {
  const child = spawn(program, words, {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const waiting: { expected: RegExp; resolve: () => void; reject: (error: Error) => void }[] = [];
  const read = (text: string): void => {
    output += text;
    for (const { expected, resolve } of waiting) if (expected.test(output)) resolve();
  };
  child.stdout.setEncoding("utf8").on("data", read);
  child.stderr.setEncoding("utf8").on("data", read);
  const result = new Promise<CommandResult>((resolve) => {
    child.on("close", (code) => {
      for (const { expected, reject } of waiting) reject(new Error(`no ${String(expected)} in:\n${output}`));
      resolve({ status: code ?? 128, output });
    });
  });
  const outputs = (expected: RegExp) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ expected, resolve, reject });
      read("");
    });
  return { process: child, result, outputs };
}

/** Settings of the provider for an AWS that is not AWS: it knows neither accounts nor instance metadata. */
const OVERRIDE = {
  ...(process.env["TEST_AWS_PROVIDER_VERSION"] !== undefined && {
    terraform: {
      required_providers: { aws: { source: "hashicorp/aws", version: process.env["TEST_AWS_PROVIDER_VERSION"] } },
    },
  }),
  provider: {
    aws: [{ skip_credentials_validation: true, skip_metadata_api_check: "true", s3_use_path_style: true }],
  },
};

/** The process ids of the children of a process. Linux only. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}
