import { alignedTable, ordealName, type Row, span } from "./ordeal-table";
import { OURS, type StoryTable } from "./story-tables";

/** The one table of docs/story.md: each ordeal under the report's probes, under a startup probe on /health, and under ours. */
export function summaryTable(tables: readonly StoryTable[]): string {
  const columns = [
    ["the report", tableOf(tables, (title) => title.startsWith("the report: "))],
    [
      "with a startup probe on /health",
      tableOf(tables, (title) => title.startsWith("the report with a startup probe")),
    ],
    ["this project", tableOf(tables, (title) => title === OURS)],
  ] as const;
  const ordeals = columns[0][1].rows.map(({ ordeal }) => ordealName(ordeal));
  return alignedTable([
    ["load + first answer", ...columns.map(([name]) => name)],
    ...ordeals.map((name, index) => [name, ...columns.map(([, { rows }]) => cell(rows[index]))]),
  ]);
}

function tableOf(tables: readonly StoryTable[], match: (title: string) => boolean): StoryTable {
  const found = tables.find(({ title }) => match(title));
  if (found === undefined) throw new Error("a table of the summary is gone from the story");
  return found;
}

function cell(row: Row | undefined): string {
  if (row === undefined) return "-";
  const { restartedIn, moments, killDecided, deadEndpointSeconds } = row;
  const unable =
    deadEndpointSeconds.to === 0 ? "" : `, ${span(deadEndpointSeconds)} s in the endpoints unable to answer`;
  if (restartedIn === 0) return `no restart${unable}`;
  const often = restartedIn === moments ? "restarted" : `restarted in ${restartedIn} of ${moments} moments`;
  return killDecided === undefined ? often : `${often}, SIGTERM after ${span(killDecided)} s`;
}
