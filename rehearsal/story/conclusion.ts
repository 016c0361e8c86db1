import { windowSeconds } from "../kubelet/probe-spec";
import { type Workload } from "../workload";
import { OURS, type StoryTable } from "./story-tables";
import { ordealName, type Row } from "./ordeal-table";

/**
 * Whether our workload keeps its promise: no restart, except for a load that outlasts the startup window it was given
 * and for a death.
 */
export function keepsPromise(workload: Workload, tables: readonly StoryTable[]): boolean {
  return brokenPromises(workload, tables).length === 0;
}

function brokenPromises(workload: Workload, tables: readonly StoryTable[]): Row[] {
  const window = startupWindow(workload);
  return tables
    .filter(({ title }) => title.startsWith(OURS))
    .flatMap(({ rows }) => rows)
    .filter(({ restarts }) => restarts.to > 0)
    .filter(
      ({ ordeal, reasons }) =>
        "blockedSeconds" in ordeal &&
        !(ordeal.blockedSeconds > window && reasons.every((reason) => reason === "startup probe")),
    );
}

function startupWindow({ pod }: Workload): number {
  return pod.probes.startup === undefined ? 0 : windowSeconds(pod.probes.startup);
}

/** Two lines below the tables: from when on the report's settings restart, and whether ours ever do. */
export function conclusion(workload: Workload, tables: readonly StoryTable[]): [string, string] {
  const theirs = tables
    .filter(({ title }) => !title.startsWith(OURS))
    .map(({ title, rows }) => {
      const killed = rows.find(({ ordeal, restarts }) => "blockedSeconds" in ordeal && restarts.to > 0)?.ordeal;
      const name = title.split(":")[0] ?? title;
      return killed === undefined || !("blockedSeconds" in killed)
        ? `${name}, never`
        : `${name}, ${killed.blockedSeconds} s`;
    });
  const [broken] = brokenPromises(workload, tables);
  return [
    `A load with its first answer is restarted from this row on: ${theirs.join("; ")}.`,
    broken === undefined
      ? `This project's workload passes: restarted only where the process died by itself, or where a load outlasted the ` +
        `startup window of ${startupWindow(workload)} s.`
      : `This project's workload does NOT pass: ${broken.configuration}, ${ordealName(broken.ordeal)}, restarted by ` +
        `${broken.reasons.join(", ")}.`,
  ];
}
