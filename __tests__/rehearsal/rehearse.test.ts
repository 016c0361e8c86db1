/** One real rehearsal: synth, build, tiny model, the service as a process. The others are in `npm run test:rehearsal`. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { check, rehearseAsJson } from "./process/run-rehearsal";

it("story 12: the synthesized demo workload starts, answers and drains without a restart, on this machine", async () => {
  const folder = mkdtempSync(join(tmpdir(), "carepath-rehearse-"));
  const svg = join(folder, "run.svg");
  const run = await rehearseAsJson(["--speedup", "5", "--svg", svg]);
  expect(run.verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(run.code).toBe(0);
  expect(run.verdict.restarts).toBe(0);
  expect(check(run, "drain")?.detail).toMatch(/^answer finished, exit code 0 after/);
  const order = run.timeline.map(({ event }) => event.type);
  const answered = run.timeline.findIndex(({ event }) => JSON.stringify(event).includes('"detail":"HTTP '));
  expect(order.indexOf("listening")).toBeGreaterThan(-1);
  expect(order.indexOf("listening")).toBeLessThan(answered);
  // A request is served while the preStop hook waits, and SIGTERM meets its answer.
  expect(order.lastIndexOf("question")).toBeGreaterThan(order.indexOf("deletion-requested"));
  expect(order.indexOf("signal")).toBeGreaterThan(order.lastIndexOf("question"));
  expect(order.lastIndexOf("answer")).toBeGreaterThan(order.indexOf("signal"));
  const drained = order.indexOf("drained");
  expect(drained).toBeGreaterThan(order.indexOf("signal"));
  expect(drained).toBeGreaterThan(order.lastIndexOf("answer"));
  const phases = run.timeline.flatMap(({ event }) => (event.type === "phase" ? [event.phase] : []));
  expect(phases).toContain("ready");
  expect(run.overrides.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["PORT", "MODEL_URL", "MODEL_BYTES", "MODEL_SHA256", "MODEL_CACHE_DIR"]),
  );
  expect(run.notes.join("\n")).toMatch("divided by 5");
  expect(run.verdict.worstLatencyMs.answering).toBeGreaterThan(0);
  expect(readFileSync(svg, "utf8")).toMatch(/^<svg [\s\S]*liveness[\s\S]*<\/svg>\n$/);
  rmSync(folder, { recursive: true, force: true });
}, 180_000);
