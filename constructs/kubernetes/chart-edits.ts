/** A piece of a rendered chart, and what stands there instead. */
export type ChartEdit = readonly [piece: string, instead: string];

/** Reads what Helm rendered and writes it edited. A piece that is not there exactly once ends the deploy. */
const PROGRAM = `let text = require("node:fs").readFileSync(0, "utf8");
for (const [piece, instead] of JSON.parse(process.argv[1])) {
  const parts = text.split(piece);
  if (parts.length !== 2) throw new Error("The chart has " + JSON.stringify(piece) + " " + (parts.length - 1) + " times, not once: is it another version?");
  text = parts.join(instead);
}
process.stdout.write(text);`;

/**
 * A post-renderer of Helm that sets what a chart has no value for. It is a program in the arguments of node, which runs this
 * project anyway, so that it needs no file and a plan shows every edit.
 * @see https://helm.sh/docs/v3/topics/advanced/#post-rendering
 */
export function chartEdits(edits: readonly ChartEdit[]): { readonly binaryPath: string; readonly args: string[] } {
  return { binaryPath: "node", args: ["--eval", PROGRAM, JSON.stringify(edits)] };
}
