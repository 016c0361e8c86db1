/** Runs the real synth of an environment into a temporary folder and reads the chat stack's JSON from it. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { UsageError } from "./options";
import { RehearsalError } from "./rehearsal-error";
import { readWorkload, type Workload } from "./workload";

export interface SynthesizeProps {
  /** Root of the checkout. */
  readonly root: string;
  readonly environment: string;
  /** An empty folder for the output. */
  readonly outdir: string;
  /** Another model of the catalogue than the environment's. */
  readonly modelId?: string | undefined;
}

/** The environment variable by which a configuration's model is replaced. */
const MODEL_VARIABLE = "CAREPATH_MODEL_ID";

/**
 * @throws {UsageError} for a model that the catalogue does not have
 * @throws {RehearsalError} with the synth's own words when it refuses, or when its output has no chat workload
 */
export async function synthesizeWorkload({ root, environment, outdir, modelId }: SynthesizeProps): Promise<Workload> {
  const { code, output } = await run(root, {
    CAREPATH_ENV: environment,
    CDKTF_OUTDIR: outdir,
    ...(modelId === undefined ? {} : { [MODEL_VARIABLE]: modelId }),
  });
  if (code !== 0 && modelId !== undefined && output.includes(`chat.model.id ("${modelId}")`))
    throw new UsageError(`--model is "${modelId}", and the synth refuses it:\n${output.trim()}`);
  if (code !== 0) throw new RehearsalError(`synth of ${environment} failed:\n${output.trim()}`);
  return readWorkloadOf(outdir, environment);
}

const chatStack = (environment: string) => `carepath-${environment}-chat`;

/** Where a synth into `outdir` leaves the chat stack of an environment. */
export function stackFile(outdir: string, environment: string): string {
  return join(outdir, "stacks", chatStack(environment), "cdk.tf.json");
}

/** Reads the chat workload from an output folder of `cdktf synth`. */
export function readWorkloadOf(outdir: string, environment: string): Workload {
  const stack = chatStack(environment);
  const path = stackFile(outdir, environment);
  if (!existsSync(path)) {
    const stacks = existsSync(join(outdir, "stacks")) ? readdirSync(join(outdir, "stacks")).join(", ") : "none";
    throw new RehearsalError(
      `environment ${environment} has no stack ${stack} (synthesized: ${stacks || "none"}), so there is no chat workload ` +
        `to rehearse. Choose another by --env.`,
    );
  }
  return readWorkload(JSON.parse(readFileSync(path, "utf8")), stack);
}

function run(root: string, env: Readonly<Record<string, string>>): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", "main.ts"], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}
