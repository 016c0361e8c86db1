/** The arithmetic of the story, on a virtual clock. Seconds count from the question. */
import { STORY_CONFIGURATIONS, type StoryConfiguration } from "../../../rehearsal/story/configurations";
import { replay } from "../../../rehearsal/story/replay";
import { conclusion, keepsPromise } from "../../../rehearsal/story/conclusion";
import { EagerServer, LOAD_ALONE, serviceLimits } from "../../../rehearsal/story/eager-server";
import { LazyServer } from "../../../rehearsal/story/lazy-server";
import { markdownTable, type Row, type TableProps } from "../../../rehearsal/story/ordeal-table";
import { afterPicture, beforePicture } from "../../../rehearsal/story/pictures";
import { summaryTable } from "../../../rehearsal/story/summary-table";
import { storyTables } from "../../../rehearsal/story/story-tables";
import { readWorkload } from "../../../rehearsal/workload";
import { stackJson } from "../stack-json";

const workload = readWorkload(stackJson(), "carepath-demo-chat");
const tables = storyTables(workload);
const [earlier = [], reported = [], proposed = [], ours = [], answers = [], loads = [], wide = []] = tables.map(
  ({ rows }) => rows,
);

function row(rows: readonly Row[], blockedSeconds: number): Row {
  const found = rows.find(({ ordeal }) => "blockedSeconds" in ordeal && ordeal.blockedSeconds === blockedSeconds);
  if (found === undefined) throw new Error(`no row for ${blockedSeconds} s`);
  return found;
}
const death = (rows: readonly Row[]) => rows.at(-1);

it.each([30, 90, 300])("the report's liveness survives a block of %d s: 15 failures at 30 s take more", (seconds) => {
  expect(row(reported, seconds)).toMatchObject({
    restartedIn: 0,
    client: [{ detail: "answer", seconds: { from: seconds, to: seconds } }],
    deadEndpointSeconds: { from: seconds, to: seconds },
  });
});

it("450 s are killed in 20 of the 30 moments of the question, and the answer still comes within the grace period", () => {
  expect(row(reported, 450)).toMatchObject({
    moments: 30,
    restartedIn: 20,
    killDecided: { from: 431, to: 450 },
    ended: { from: 450, to: 450 },
    reasons: ["liveness probe"],
    client: [{ detail: "answer" }],
  });
});

it("510 s, load and a seven-minute answer, are killed at every moment", () => {
  expect(row(reported, 510)).toMatchObject({
    restartedIn: 30,
    restarts: { from: 1, to: 1 },
    killDecided: { from: 431, to: 460 },
    ended: { from: 461, to: 490 },
    reasons: ["liveness probe"],
    client: [{ detail: "connection reset", seconds: { from: 461, to: 490 } }],
    deadEndpointSeconds: { from: 461, to: 490 },
  });
});

it.each([
  [430, 0],
  [431, 1],
  [459, 29],
  [460, 30],
])("the report's limit: a block of %d s is killed at %d of 30 moments", (blockedSeconds, kills) => {
  const pod = STORY_CONFIGURATIONS.find(({ id }) => id === "reported")?.pod as StoryConfiguration["pod"];
  const restarts = Array.from({ length: 30 }, (_, offset) =>
    replay({ pod, ordeal: { blockedSeconds }, askAt: 90 + offset, server: (props) => new LazyServer(props) }),
  ).filter((result) => result.restarts > 0);
  expect(restarts).toHaveLength(kills);
});

it("the earlier settings kill from 281 s on and at every moment from 310 s on", () => {
  expect(row(earlier, 90).restartedIn).toBe(0);
  expect(row(earlier, 300)).toMatchObject({ restartedIn: 20, killDecided: { from: 281, to: 300 } });
  expect(row(earlier, 450)).toMatchObject({ restartedIn: 30, killDecided: { from: 281, to: 310 } });
});

it("the proposed startup probe on /health changes nothing: it passes long before the model is loaded", () => {
  const numbers = (rows: readonly Row[]) => rows.map((one) => ({ ...one, configuration: "" }));
  expect(numbers(proposed)).toEqual(numbers(reported));
});

it.each([earlier, reported, proposed])("no probe setting prevents the restart after a death", (...rows) => {
  expect(death(rows.flat())).toMatchObject({
    restarts: { from: 1, to: 1 },
    killDecided: undefined,
    ended: { from: 60, to: 60 },
    reasons: ["out of memory"],
    client: [{ detail: "connection reset" }],
  });
});

it("our workload: no restart and no endpoint without an answer behind it, for every blocked time", () => {
  for (const one of ours.filter(({ ordeal }) => "blockedSeconds" in ordeal)) {
    expect(one).toMatchObject({ restarts: { from: 0, to: 0 }, deadEndpointSeconds: { from: 0, to: 0 } });
  }
  expect(row(ours, 510).client).toEqual([{ detail: "answer", seconds: { from: 420, to: 420 } }]);
});

it("our workload tells a client whose answer passes its deadline, and is not restarted for it", () => {
  expect(row(ours, 900)).toMatchObject({
    restartedIn: 0,
    client: [{ detail: "deadline error", seconds: { from: 600, to: 600 } }],
  });
});

it("our workload survives an answer of any length; one that is too long gets its deadline", () => {
  for (const one of answers) expect(one).toMatchObject({ restartedIn: 0, deadEndpointSeconds: { from: 0, to: 0 } });
  expect(row(answers, 510).client).toEqual([{ detail: "answer", seconds: { from: 510, to: 510 } }]);
  expect(row(answers, 900).client).toEqual([{ detail: "deadline error", seconds: { from: 600, to: 600 } }]);
});

it.each([30, 90, 300, 450, 510])("our workload survives a load of %d s, within its startup window of 595 s", (held) => {
  expect(row(loads, held)).toMatchObject({
    restartedIn: 0,
    client: [{ detail: "answer", seconds: { from: 0, to: 0 } }],
    deadEndpointSeconds: { from: 0, to: 0 },
  });
});

it("a load that outlasts the startup window is restarted, again and again, and no client is let in", () => {
  expect(row(loads, 900)).toMatchObject({
    restarts: { from: 3, to: 3 },
    killDecided: { from: 595, to: 595 },
    reasons: ["startup probe"],
    client: [],
    deadEndpointSeconds: { from: 0, to: 0 },
  });
});

it("a wider startup window carries the same load", () => {
  expect(row(wide, 900)).toMatchObject({ restartedIn: 0, client: [{ detail: "answer" }] });
});

it.each([
  [594, 0],
  [596, 1],
])("the startup window's limit: a load of %d s, kills: %d", (blockedSeconds, kills) => {
  const server: TableProps["server"] = (props) => new EagerServer(props, serviceLimits(workload), LOAD_ALONE);
  const result = replay({ pod: workload.pod, ordeal: { blockedSeconds }, askAt: 90, server, everyStart: false });
  expect(result.restarts).toBe(kills);
});

it("the promise: a restart counts against our workload unless the load outlasts its window, or the process dies", () => {
  expect(keepsPromise(workload, tables)).toBe(true);
  const broken = tables.map(({ title, rows }) => ({
    title,
    rows: rows.map((one) => (one === row(loads, 510) ? { ...one, restarts: { from: 0, to: 1 } } : one)),
  }));
  expect(keepsPromise(workload, broken)).toBe(false);
  const byLiveness = tables.map(({ title, rows }) => ({
    title,
    rows: rows.map((one) => (one === row(loads, 900) ? { ...one, reasons: ["liveness probe"] } : one)),
  }));
  expect(keepsPromise(workload, byLiveness)).toBe(false);
});

it("our workload restarts after a death too, before a client was let in", () => {
  expect(death(ours)).toMatchObject({
    restarts: { from: 1, to: 1 },
    reasons: ["out of memory"],
    deadEndpointSeconds: { from: 0, to: 0 },
  });
});

it("the table names the moments where they differ", () => {
  const [, , line] = markdownTable([row(reported, 450)]).split("\n");
  expect(line?.replace(/ +/g, " ")).toBe(
    "| 450 s | 0-1 (20 of 30 moments) | 431-450 s | 450 s | liveness probe | answer after 450 s | 450 s |",
  );
});

const DATE = new Date("2026-03-01T12:00:00Z");

it("the pictures carry verdict, conditions, model, window and date", () => {
  const before = beforePicture(DATE);
  expect(before).toContain(">restarted<");
  expect(before).toContain(
    "replayed on a virtual clock · no model before the first question · startup window 600 s · load 90 s, answer 420 s · 2026-03-01",
  );
  const after = afterPicture(workload, DATE);
  expect(after).toContain(">left alone<");
  expect(after).toContain(`· ${workload.env["MODEL_ID"] ?? "?"} · startup window 595 s · load 90 s, answer 420 s ·`);
});

it("the one table of the story tells when which settings restart", () => {
  const lines = summaryTable(tables).replace(/ +/g, " ").split("\n");
  expect(lines[0]).toBe("| load + first answer | the report | with a startup probe on /health | this project |");
  expect(lines).toHaveLength(2 + 7);
  expect(lines[5]).toBe(
    "| 450 s | restarted in 20 of 30 moments, SIGTERM after 431-450 s | restarted in 20 of 30 moments, SIGTERM after 431-450 s | no restart |",
  );
});

it("the pictures show what the table says", () => {
  const before = beforePicture(DATE);
  expect(before).toContain("event loop blocked");
  expect(before).toContain("in the endpoints, cannot answer");
  expect(before).toContain("SIGKILL");
  expect(before).toContain("waits 490 s: connection reset");
  const after = afterPicture(workload, DATE);
  expect(after).toContain("waits 420 s: answer");
  expect(after).not.toContain("SIGKILL");
  expect(after).not.toContain("cannot answer");
});

it("the table is aligned: every line has the same width", () => {
  const widths = markdownTable(reported)
    .split("\n")
    .map(({ length }) => length);
  expect(new Set(widths).size).toBe(1);
});

it("the story ends with two lines of conclusion", () => {
  expect(conclusion(workload, tables)).toEqual([
    "A load with its first answer is restarted from this row on: earlier, 300 s; the report, 450 s; the report with a startup probe on /health, 450 s.",
    "This project's workload passes: restarted only where the process died by itself, or where a load outlasted the startup window of 595 s.",
  ]);
});

it("the conclusion names the row that breaks the promise", () => {
  const hasty: Row = { ...row(ours, 90), restarts: { from: 0, to: 1 }, reasons: ["liveness probe"] };
  const [first] = tables.slice(3);
  if (first === undefined) throw new Error("our tables are gone");
  expect(conclusion(workload, [{ ...first, rows: [hasty] }])[1]).toBe(
    "This project's workload does NOT pass: this project: the synthesized workload, 90 s, restarted by liveness probe.",
  );
});
