import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { closest } from "../../config/did-you-mean";
import { UsageError } from "./command-line";

/** A synthesized stack. */
export interface StackFolder {
  readonly name: string;
  /** Where Terraform runs. */
  readonly folder: string;
  /** Names of the stacks that must be deployed before it. */
  readonly dependencies: readonly string[];
}

const manifestSchema = z.object({
  stacks: z.record(
    z.string(),
    z.object({ name: z.string(), workingDirectory: z.string(), dependencies: z.array(z.string()).default([]) }),
  ),
});

const annotatedSchema = z.object({
  stacks: z.record(
    z.string(),
    z.object({
      name: z.string(),
      annotations: z.array(z.object({ level: z.string(), message: z.string() })).default([]),
    }),
  ),
});

/**
 * The stacks of an output folder of synth, dependencies first.
 * @throws {UsageError} where synth has not run
 */
export function stackFolders(outdir: string): StackFolder[] {
  const file = join(outdir, "manifest.json");
  if (!existsSync(file))
    throw new UsageError(`${file}: does not exist, so nothing was synthesized. Run npm run synth.`);
  const { stacks } = manifestSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const ordered: StackFolder[] = [];
  const add = (key: string): void => {
    const stack = stacks[key];
    if (stack === undefined || ordered.some(({ name }) => name === stack.name)) return;
    stack.dependencies.forEach(add);
    ordered.push({
      name: stack.name,
      folder: join(outdir, stack.workingDirectory),
      dependencies: stack.dependencies,
    });
  };
  Object.keys(stacks).sort().forEach(add);
  return ordered;
}

/**
 * The stacks that a user named, in the order of `stacks`; all of them where none was named.
 * @throws {UsageError} for a name that is not among them, with the list
 */
export function chosenStacks(stacks: readonly StackFolder[], names: readonly string[]): readonly StackFolder[] {
  const known = stacks.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const meant = closest(unknown, known);
    throw new UsageError(
      `"${unknown}" is not a stack of this environment. Its stacks are ${known.join(", ")}.` +
        (meant === undefined ? "" : ` Did you mean ${meant}?`),
    );
  }
  return names.length === 0 ? stacks : stacks.filter(({ name }) => names.includes(name));
}

/** Warnings of the constructs, a line each, from the output folder of synth. */
export function annotationLines(outdir: string): string[] {
  const { stacks } = annotatedSchema.parse(JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8")));
  return Object.values(stacks).flatMap(({ name, annotations }) =>
    annotations.map(({ level, message }) => `${level.replace("@cdktf/", "")}: ${name}: ${message}`),
  );
}
