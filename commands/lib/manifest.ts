/** `manifest.json`, the index that synth writes beside the stacks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

const manifestSchema = z.object({
  stacks: z.record(
    z.string(),
    z.object({
      name: z.string(),
      workingDirectory: z.string(),
      dependencies: z.array(z.string()).default([]),
      annotations: z.array(z.object({ level: z.string(), message: z.string() })).default([]),
    }),
  ),
});

export type SynthesizedStack = z.infer<typeof manifestSchema>["stacks"][string];

/**
 * The stacks of an output folder in the order of their deployment: each after those that it depends on.
 * @throws {Error} for stacks that depend on each other
 */
export function readStacks(outputFolder: string): SynthesizedStack[] {
  const file = join(outputFolder, "manifest.json");
  const { stacks } = manifestSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const ordered: SynthesizedStack[] = [];
  const open = Object.values(stacks).sort((a, b) => a.name.localeCompare(b.name, "en"));
  while (open.length > 0) {
    const next = open.findIndex(({ dependencies }) =>
      dependencies.every((name) => ordered.some((stack) => stack.name === name)),
    );
    if (next < 0) throw new Error(`${file}: ${open.map(({ name }) => name).join(", ")} depend on each other.`);
    ordered.push(...open.splice(next, 1));
  }
  return ordered;
}

/** Warnings of the constructs, a line each. */
export function annotationLines(stacks: readonly SynthesizedStack[]): string[] {
  return stacks.flatMap(({ name, annotations }) =>
    annotations.map(({ level, message }) => `${level.replace("@cdktf/", "")}: ${name}: ${message}`),
  );
}
