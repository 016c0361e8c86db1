import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { isPath } from "./local-model";
import { runNode } from "./node-process";
import { type RehearsalOptions, UsageError } from "./options";
import { RehearsalError } from "./rehearsal-error";
import { readWorkload, type Workload } from "./workload";

/** Replaces the model of a configuration. */
const MODEL_VARIABLE = "CAREPATH_MODEL_ID";

/** The chat workload of an earlier synth, or of one into a temporary folder. */
export async function loadWorkload(options: RehearsalOptions, root: string): Promise<Workload> {
  const { synthesized, environment, model } = options;
  if (synthesized !== undefined) return readChatStack(resolve(synthesized), environment);
  const outdir = mkdtempSync(join(tmpdir(), "carepath-synth-"));
  try {
    return await synthesize(root, environment, outdir, model !== undefined && !isPath(model) ? model : undefined);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/**
 * @param modelId another model of the catalogue than the environment's
 * @throws {UsageError} for a model that the catalogue does not have
 * @throws {RehearsalError} with the synth's own words when it refuses, or when its output has no chat workload
 */
async function synthesize(root: string, environment: string, outdir: string, modelId?: string): Promise<Workload> {
  const { code, output } = await runNode(root, ["--import", "tsx", "main.ts"], {
    CAREPATH_ENV: environment,
    CDKTF_OUTDIR: outdir,
    ...(modelId === undefined ? {} : { [MODEL_VARIABLE]: modelId }),
  });
  if (code !== 0 && modelId !== undefined && output.includes(`chat.model.id ("${modelId}")`))
    throw new UsageError(`--model is "${modelId}", and the synth refuses it:\n${output}`);
  if (code !== 0) throw new RehearsalError(`synth of ${environment} failed:\n${output}`);
  return readChatStack(outdir, environment);
}

const chatStack = (environment: string) => `carepath-${environment}-chat`;

/** Where a synth into `outdir` leaves the chat stack of an environment. */
export function stackFile(outdir: string, environment: string): string {
  return join(outdir, "stacks", chatStack(environment), "cdk.tf.json");
}

/** Reads the chat workload from an output folder of `cdktf synth`. */
function readChatStack(outdir: string, environment: string): Workload {
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
