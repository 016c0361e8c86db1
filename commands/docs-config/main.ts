/** `npm run docs:config`: writes the tables of docs/configuration.md from the schema and the overrides. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { FROM_USER, npmCommand, run } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { withTables } from "./page";

const PAGE = join(ROOT, "docs", "configuration.md");

export const command = npmCommand("docs:config", "Writes the tables of docs/configuration.md from the schema.").option(
  "--check",
  "only say whether they are up to date",
  false,
);

async function main(argv: readonly string[]): Promise<number> {
  const { check } = command.parse(argv, FROM_USER).opts();
  const { format, resolveConfig } = await import("prettier");
  const present = readFileSync(PAGE, "utf8");
  const options = await resolveConfig(PAGE);
  const written = await format(withTables(present), { ...options, filepath: PAGE });
  if (written === present) return 0;
  if (check)
    throw new Error("docs/configuration.md does not have the settings of the schema. Run npm run docs:config.");
  writeFileSync(PAGE, written);
  return 0;
}

if (require.main === module) void run(main);
