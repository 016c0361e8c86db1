/** The folder that synth writes: what cdktf leaves behind in it, and what its HCL writer gets wrong. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Removes the configuration of earlier runs. cdktf writes `cdk.tf.json`, or with `--hcl` `cdk.tf`, and leaves the other
 * one where it is; Terraform then reads both and finds everything twice. Its own files (`.terraform`, locks) stay.
 */
export function clearStacks(outdir: string): void {
  for (const folder of stackFolders(outdir)) {
    for (const name of ["cdk.tf", "cdk.tf.json"]) rmSync(join(folder, name), { force: true });
  }
}

/** Repairs every `cdk.tf` below `outdir`. */
export function repairStacks(outdir: string, oldestTerraform: string): void {
  for (const folder of stackFolders(outdir)) {
    const file = join(folder, "cdk.tf");
    if (existsSync(file)) writeFileSync(file, repairHcl(readFileSync(file, "utf8"), oldestTerraform));
  }
}

/**
 * Three things that cdktf 0.21 writes and Terraform does not read, or warns of:
 * - further settings of the `terraform` block by their place in the list (`0 = "required_version"`); `required_version` is
 *   the only one in these stacks;
 * - objects of the helm provider as blocks;
 * - references in `depends_on` and `ignore_changes` in quotes.
 */
export function repairHcl(text: string, oldestTerraform: string): string {
  return text
    .replace(/^( *)\d+ += "required_version"$/m, `$1required_version = ">= ${oldestTerraform}"`)
    .replace(/^kubernetes \{\n(.*?)^exec \{$/ms, "kubernetes = {\n$1exec = {")
    .replace(/^ *(?:depends_on|ignore_changes) = \[.*?\]$/gms, (list) => list.replace(/"([\w.[\]-]+)"/g, "$1"));
}

function stackFolders(outdir: string): string[] {
  const stacks = join(outdir, "stacks");
  return existsSync(stacks) ? readdirSync(stacks).map((name) => join(stacks, name)) : [];
}
