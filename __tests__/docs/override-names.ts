import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The variables that `config/overrides.ts` knows. */
export function overrides(): string[] {
  const source = readFileSync(join(__dirname, "../../config/overrides.ts"), "utf8");
  return [...source.matchAll(/variable: "(CAREPATH_\w+)"/g)].map(([, name = ""]) => name);
}
