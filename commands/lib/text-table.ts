/** Alignment of a column. */
export type Align = "left" | "right";

/** Rows of cells as aligned lines, two spaces between columns, no trailing spaces. */
export function textTable(rows: readonly (readonly string[])[], align: readonly Align[], indent = "  "): string[] {
  const widths = align.map((_, column) => Math.max(0, ...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    (
      indent +
      align
        .map((side, column) => {
          const cell = row[column] ?? "";
          const width = widths[column] ?? 0;
          return side === "left" ? cell.padEnd(width) : cell.padStart(width);
        })
        .join("  ")
    ).trimEnd(),
  );
}

/** Breaks a sentence into lines of at most `width` characters, the further ones indented like the first one's text. */
export function wrap(text: string, first: string, width = 100): string[] {
  const indent = " ".repeat(first.length);
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(" ")) {
    const empty = line === first || line === indent;
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line === first || line === indent ? word : ` ${word}`;
  }
  return [...lines, line];
}
