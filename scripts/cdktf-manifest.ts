import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A stack in `cdktf.out/manifest.json`; what the scripts look at. */
export interface ManifestStack {
  readonly dependencies: readonly string[];
  readonly annotations: readonly { readonly level: string; readonly message: string }[];
}

export function readManifest(outdir: string): Readonly<Record<string, ManifestStack>> {
  const text = readFileSync(join(outdir, "manifest.json"), "utf8");
  return (JSON.parse(text) as { stacks: Record<string, ManifestStack> }).stacks;
}

/** Warnings and errors that the constructs left, one line each. */
export function annotationLines(stacks: Readonly<Record<string, ManifestStack>>): string[] {
  return Object.entries(stacks).flatMap(([name, { annotations }]) =>
    annotations.map(({ level, message }) => `${level.replace("@cdktf/", "")}: ${name}: ${message}`),
  );
}
