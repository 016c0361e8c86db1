import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { runNode } from "./node-process";
import { RehearsalError } from "./rehearsal-error";

/** Compiles the service where its sources are newer than what was compiled. */
export async function buildService(root: string): Promise<void> {
  const built = join(root, "service", "dist", "main.js");
  const sources = readdirSync(join(root, "service", "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  if (existsSync(built) && Math.max(...sources) < statSync(built).mtimeMs) return;
  const { code, output } = await runNode(root, ["node_modules/typescript/bin/tsc", "-p", "service/tsconfig.json"]);
  if (code !== 0) throw new RehearsalError(`the service cannot be built:\n${output}`);
}
