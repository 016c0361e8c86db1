import { spawn } from "node:child_process";
import { join } from "node:path";

import { ROOT } from "../../commands/lib/repository";

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the main.ts of an npm script as npm does. `seen` ends it by Ctrl-C as soon as its output has that text; `root` is
 * another checkout than this one.
 */
export function runCommand(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  seen?: string,
  root = ROOT,
): Promise<CommandResult> {
  const child = spawn(process.execPath, ["--import", "tsx", join("commands", name, "main.ts"), ...args], {
    cwd: root,
    env,
  });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    if (seen !== undefined && stdout.includes(seen)) child.kill("SIGINT");
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}
