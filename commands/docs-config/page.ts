/** The generated parts of docs/configuration.md. */
import { OVERRIDES } from "../../config/overrides";
import { type Setting, settings } from "./settings";

const SETTINGS_MARKS = [
  "<!-- configuration table: npm run docs:config -->",
  "<!-- end of the configuration table -->",
] as const;
const VARIABLES_MARKS = [
  "<!-- variables table: npm run docs:config -->",
  "<!-- end of the variables table -->",
] as const;

/** The page with both tables written anew between their markers. */
export function withTables(page: string): string {
  return between(between(page, SETTINGS_MARKS, settingsTable(settings())), VARIABLES_MARKS, variablesTable());
}

export function settingsTable(rows: readonly Setting[]): string {
  const lines = rows.map(({ path, type, required, fallback, description }) => {
    const standard = required ? "**required**" : fallback === undefined ? "" : `\`${fallback}\``;
    return tableLine([`\`${path}\``, type, standard, description]);
  });
  return [tableLine(["setting", "value", "default", "meaning"]), "| --- | --- | --- | --- |", ...lines].join("\n");
}

function variablesTable(): string {
  const lines = OVERRIDES.map(({ variable, path, note }) => {
    const words = [note, path.endsWith("[]") ? "Several are separated by commas." : ""].filter((word) => word !== "");
    return tableLine([`\`${variable}\``, `\`${path.replace("[]", "")}\``, words.join(" ")]);
  });
  return [tableLine(["variable", "setting", "besides"]), "| --- | --- | --- |", ...lines].join("\n");
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function between(text: string, [startMark, endMark]: readonly [string, string], table: string): string {
  const start = text.indexOf(startMark);
  const end = text.indexOf(endMark);
  if (start < 0 || end < start) {
    throw new Error(
      `docs/configuration.md has no place for a table. Put "${startMark}" and "${endMark}" where it belongs.`,
    );
  }
  return `${text.slice(0, start + startMark.length)}\n\n${table}\n\n${text.slice(end)}`;
}
