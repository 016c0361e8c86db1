/** Small pieces of GitHub Markdown that stay intact whatever text is put into them. */

/** Text as inline code in a table cell. */
export function code(text: string): string {
  const line = text.replace(/\s+/g, " ").replaceAll("|", "\\|");
  const fence = "`".repeat(longestRun(line) + 1);
  return fence.length === 1 ? `\`${line}\`` : `${fence} ${line} ${fence}`;
}

/** A fenced block whose fence is longer than any run of backticks inside it, so that the text cannot close it. */
export function fenced(text: string, language = ""): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A folded section. GitHub needs the empty lines to read Markdown inside it. */
export function folded(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Bytes of the text in UTF-8: never fewer than its characters, however they are counted. */
export function sizeOf(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** As many of the texts, from the first, as the bytes allow. One larger than what is left ends it. */
export function fit(texts: readonly string[], bytes: number): { readonly kept: string[]; readonly left: number } {
  const kept: string[] = [];
  let room = bytes;
  for (const text of texts) {
    room -= sizeOf(text) + 1;
    if (room < 0) break;
    kept.push(text);
  }
  return { kept, left: texts.length - kept.length };
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
