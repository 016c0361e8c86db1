import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { CoreWatch } from "../../../service/src/engine/core-watch.js";

let root: string;
let now = 0;
beforeEach(() => {
  now = 0;
  root = mkdtempSync(join(tmpdir(), "carepath-cores-"));
  mkdirSync(join(root, "proc/self"), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

/** Idle ticks of each core; the other fields stand still. */
const stat = (...idle: number[]): void =>
  writeFileSync(
    join(root, "proc/stat"),
    ["cpu 1 1 1 99999 9 0 0", ...idle.map((ticks, core) => `cpu${core} 5 5 5 ${ticks} 0 0 0`), "intr 1"].join("\n"),
  );
const allow = (list: string): void => writeFileSync(join(root, "proc/self/status"), `Cpus_allowed_list:\t${list}\n`);

describe("CoreWatch", () => {
  it("counts the idle cores of the last moments", () => {
    allow("0-1");
    stat(0, 0);
    const watch = new CoreWatch({ root, now: () => now });
    watch.sample();
    expect(watch.idleCores()).toBeUndefined();
    now = 0.5;
    stat(50, 25);
    watch.sample();
    expect(watch.idleCores()).toBeCloseTo(1.5);
    now = 1;
    stat(50, 25);
    watch.sample();
    expect(watch.idleCores()).toBe(0);
  });

  it("looks only at the cores that the process may use", () => {
    allow("0,2-3");
    stat(0, 0, 0, 0);
    const watch = new CoreWatch({ root, now: () => now });
    watch.sample();
    now = 1;
    stat(100, 100, 100, 0);
    watch.sample();
    expect(watch.idleCores()).toBeCloseTo(2);
  });

  it("knows nothing where the system does not say", () => {
    const watch = new CoreWatch({ root, now: () => now });
    watch.sample();
    now = 1;
    watch.sample();
    expect(watch.idleCores()).toBeUndefined();
  });
});
