/** Runs one of the checkout's own tools to its end. */
import { spawn } from "node:child_process";

import { RehearsalError } from "./rehearsal-error";

export function runNode(root: string, args: readonly string[], what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new RehearsalError(`${what} cannot be built:\n${output.trim()}`));
    });
  });
}
