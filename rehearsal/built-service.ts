import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { runNode } from "./node-tool";

/** Compiles the service where its sources are newer than what was compiled. */
export async function buildService(root: string): Promise<void> {
  const built = join(root, "service", "dist", "main.js");
  const sources = readdirSync(join(root, "service", "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  if (existsSync(built) && Math.max(...sources) < statSync(built).mtimeMs) return;
  await runNode(root, ["node_modules/typescript/bin/tsc", "-p", "service/tsconfig.json"], "the service");
}
