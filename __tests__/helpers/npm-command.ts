import { join } from "node:path";

import { ROOT } from "../../commands/lib/repository";

/** The parts of a commander command that tests look at. */
export interface NpmCommand {
  helpInformation(): string;
  parse(argv: readonly string[], from: { readonly from: "user" }): void;
}

/** The command that `commands/<folder>/main.ts` parses its arguments with. */
export async function npmCommandOf(folder: string): Promise<NpmCommand> {
  const file = folder === "rehearse" ? "options" : "main";
  return ((await import(join(ROOT, "commands", folder, file))) as { command: NpmCommand }).command;
}
