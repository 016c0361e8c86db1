/** A line of a rendered chart, and the lines that stand there instead. */
export type ChartEdit = readonly [line: string, instead: readonly string[]];

/** Reads what Helm rendered and writes it edited. A line that is not there exactly once ends the deploy. */
const PROGRAM = [
  "const newLine = String.fromCharCode(10);",
  'let lines = require("node:fs").readFileSync(0, "utf8").split(newLine);',
  "for (const [line, instead] of JSON.parse(process.argv[1])) {",
  "const times = lines.filter((each) => each === line).length;",
  'if (times !== 1) throw new Error("The chart has the line " + JSON.stringify(line) + " " + times + " times, not once: is it another version?");',
  "lines = lines.flatMap((each) => (each === line ? instead : [each]));",
  "}",
  "process.stdout.write(lines.join(newLine));",
].join(" ");

/**
 * A post-renderer of Helm that sets what a chart has no value for. It is a program in the arguments of node, which runs this
 * project anyway, so that it needs no file and a plan shows every edit. Program and edits have neither backslashes nor line
 * breaks, and lines no quotes: cdktf's HCL writer would break them.
 * @see https://helm.sh/docs/v3/topics/advanced/#post-rendering
 */
export function chartEdits(edits: readonly ChartEdit[]): { readonly binaryPath: string; readonly args: string[] } {
  return { binaryPath: "node", args: ["--eval", PROGRAM, JSON.stringify(edits)] };
}
