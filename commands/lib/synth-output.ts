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
 * Four things that cdktf 0.21 writes and Terraform does not read, or warns of:
 * - further settings of the `terraform` block by their place in the list (`0 = "required_version"`); `required_version` is
 *   the only one in these stacks;
 * - objects of the helm provider and of its releases as blocks;
 * - lists in the manifest of a custom resource as objects with numbers for keys;
 * - references in `depends_on` and `ignore_changes` in quotes.
 */
export function repairHcl(text: string, oldestTerraform: string): string {
  const repaired = text
    .replace(/^( *)\d+ += "required_version"$/m, `$1required_version = ">= ${oldestTerraform}"`)
    .replace(/^kubernetes \{\n(.*?)^exec \{$/ms, "kubernetes = {\n$1exec = {")
    .replace(/^( *)postrender \{$/gm, "$1postrender = {")
    .replace(/^ *(?:depends_on|ignore_changes) = \[.*?\]$/gms, (list) => list.replace(/"([\w.[\]-]+)"/g, "$1"));
  return withLists(repaired);
}

/** Turns `{ 0 = a, 1 = b }`, written over several lines, into `[a, b]`. */
function withLists(text: string): string {
  const open: { readonly list: boolean; readonly element: boolean }[] = [];
  const lines = text.split("\n");
  let heredoc = false;
  return lines
    .map((line, index) => {
      if (heredoc || line.endsWith("<<EOF")) {
        heredoc = line.trim() !== "EOF";
        return line;
      }
      const element = open.at(-1)?.list === true;
      const value = element ? line.replace(/^ *\d+ += /, "") : line;
      if (line.endsWith("{")) {
        const list = /^ *0 += /.test(lines[index + 1] ?? "");
        open.push({ list, element });
        return list ? value.replace(/\{$/, "[") : value;
      }
      if (line.trim() !== "}") return element ? `${value},` : value;
      const closed = open.pop();
      return `${closed?.list === true ? line.replace("}", "]") : line}${closed?.element === true ? "," : ""}`;
    })
    .join("\n");
}

function stackFolders(outdir: string): string[] {
  const stacks = join(outdir, "stacks");
  return existsSync(stacks) ? readdirSync(stacks).map((name) => join(stacks, name)) : [];
}
