/** The report's ordeals under one set of probes: a row an ordeal, each over every second of a liveness period. */
import { type PodSpec } from "../kubelet/pod";
import { ORDEALS, type Ordeal } from "./configurations";
import { replay, type ReplayResult } from "./replay";
import { type SimulatedServer, type SimulatedServerProps } from "./simulated-server";

export interface TableProps {
  readonly title: string;
  readonly pod: PodSpec;
  readonly server: (props: SimulatedServerProps) => SimulatedServer;
  /** @default all of the story */
  readonly ordeals?: readonly Ordeal[];
  /** See `ReplayProps`. @default false */
  readonly everyStart?: boolean;
}

/** Lowest and highest over the moments of the question. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Row {
  readonly configuration: string;
  readonly ordeal: Ordeal;
  /** How many moments of the question were tried, and in how many of them the container was restarted. */
  readonly moments: number;
  readonly restartedIn: number;
  readonly restarts: Range;
  /** Seconds from the question (from the start, when the client could not ask yet) to SIGTERM and to the end. */
  readonly killDecided: Range | undefined;
  readonly ended: Range | undefined;
  readonly reasons: readonly string[];
  readonly client: readonly { readonly detail: string; readonly seconds: Range }[];
  readonly deadEndpointSeconds: Range;
}

/** All probes of the report have begun by then; the sweep covers one liveness period from here. */
const FIRST_QUESTION_SECOND = 90;

export function tableRows({ title, pod, server, ordeals = ORDEALS, everyStart = false }: TableProps): Row[] {
  const period = pod.probes.liveness?.periodSeconds ?? 1;
  return ordeals.map((ordeal) => {
    const results = Array.from({ length: period }, (_, offset) =>
      replay({ pod, ordeal, server, everyStart, askAt: FIRST_QUESTION_SECOND + offset }),
    );
    return summarize(title, ordeal, results);
  });
}

function summarize(configuration: string, ordeal: Ordeal, results: readonly ReplayResult[]): Row {
  const seen = [...new Set(results.map(({ client }) => client?.detail).filter((detail) => detail !== undefined))];
  return {
    configuration,
    ordeal,
    moments: results.length,
    restartedIn: results.filter(({ restarts }) => restarts > 0).length,
    restarts: range(results.map(({ restarts }) => restarts)) ?? { from: 0, to: 0 },
    killDecided: range(results.map(({ killDecidedAfter }) => killDecidedAfter)),
    ended: range(results.map(({ endedAfter }) => endedAfter)),
    reasons: [...new Set(results.map(({ reason }) => reason).filter((reason) => reason !== undefined))],
    client: seen.map((detail) => ({
      detail,
      seconds: range(results.map(({ client }) => (client?.detail === detail ? client.seconds : undefined))) ?? {
        from: 0,
        to: 0,
      },
    })),
    deadEndpointSeconds: range(results.map(({ deadEndpointSeconds }) => deadEndpointSeconds)) ?? { from: 0, to: 0 },
  };
}

function range(values: readonly (number | undefined)[]): Range | undefined {
  const numbers = values.filter((value) => value !== undefined);
  return numbers.length === 0 ? undefined : { from: Math.min(...numbers), to: Math.max(...numbers) };
}

const HEADER = [
  "ordeal",
  "restarts",
  "SIGTERM at",
  "process ends at",
  "reason",
  "the waiting client saw",
  "in the endpoints, unable",
];

/** A Markdown table, aligned for a terminal; seconds count from the question. */
export function markdownTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    ordealName(row.ordeal),
    row.restartedIn > 0 && row.restartedIn < row.moments
      ? `${span(row.restarts)} (${row.restartedIn} of ${row.moments} moments)`
      : span(row.restarts),
    row.killDecided === undefined ? "-" : `${span(row.killDecided)} s`,
    row.ended === undefined ? "-" : `${span(row.ended)} s`,
    row.reasons.length === 0 ? "-" : row.reasons.join(", "),
    row.client.length === 0
      ? "no client was let in"
      : row.client.map(({ detail, seconds }) => `${detail} after ${span(seconds)} s`).join("; "),
    `${span(row.deadEndpointSeconds)} s`,
  ]);
  return alignedTable([HEADER, ...cells]);
}

/** Rows of cells as a Markdown table, the first its header. */
export function alignedTable([header = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((line) => (line[column] ?? "").length)),
  );
  return [header, widths.map((width) => "-".repeat(width)), ...rows]
    .map((line) => `| ${widths.map((width, column) => (line[column] ?? "").padEnd(width)).join(" | ")} |`)
    .join("\n");
}

export function ordealName(ordeal: Ordeal): string {
  return "blockedSeconds" in ordeal ? `${ordeal.blockedSeconds} s` : `dies at ${ordeal.deathSeconds} s`;
}

export function span({ from, to }: Range): string {
  return from === to ? String(from) : `${from}-${to}`;
}
