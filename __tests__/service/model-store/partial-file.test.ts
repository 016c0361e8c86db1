import { jest } from "@jest/globals";
import { open, type FileHandle } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { PartialFile } from "../../../service/src/model-store/partial-file.js";
import { cacheFixture, recordedRanges, type CacheFixture } from "../../helpers/cache-fixture.js";
import { gate } from "../../helpers/fake-engine.js";
import { randomContent } from "../../helpers/model-server.js";

const CONTENT = randomContent(1_000);
const DUE = 100;
const NEVER = Number.POSITIVE_INFINITY;

let fixture: CacheFixture;
let partial: PartialFile;
beforeEach(async () => {
  fixture = await cacheFixture(CONTENT);
  partial = await PartialFile.open(fixture.paths, fixture.model, fixture.model.url);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await partial.close();
  await fixture.dispose();
});

const write = (start: number, end: number): Promise<void> => partial.write(CONTENT.subarray(start, end), start);

/** Makes every sync of data wait; the returned function lets them go. */
async function slowDisk(): Promise<() => void> {
  const probe = await open(fixture.paths.lock, "w");
  const handles = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const { promise, open: go } = gate();
  jest.spyOn(handles, "datasync").mockImplementation(() => promise);
  return go;
}

it("saves when as much as is due was written, and not one byte earlier", async () => {
  await write(0, DUE - 1);
  await partial.checkpointWhenDue(DUE, NEVER);
  expect(recordedRanges(fixture.model.cacheDir).size).toBe(0);
  await write(DUE - 1, DUE);
  await partial.checkpointWhenDue(DUE, NEVER);
  expect(recordedRanges(fixture.model.cacheDir).toArray()).toEqual([{ start: 0, end: DUE }]);
});

it("saves what a slow source has sent once the time is due, and nothing when nothing came", async () => {
  const start = performance.now();
  const clock = jest.spyOn(performance, "now").mockReturnValue(start);
  await partial.close();
  partial = await PartialFile.open(fixture.paths, fixture.model, fixture.model.url);
  await write(0, 10);
  clock.mockReturnValue(start + 4_999);
  await partial.checkpointWhenDue(DUE, 5);
  expect(recordedRanges(fixture.model.cacheDir).size).toBe(0);
  clock.mockReturnValue(start + 5_100);
  await partial.checkpointWhenDue(DUE, 5);
  expect(recordedRanges(fixture.model.cacheDir).size).toBe(10);
  clock.mockReturnValue(start + 20_000);
  const checkpoint = jest.spyOn(partial, "checkpoint");
  await partial.checkpointWhenDue(DUE, 5);
  expect(checkpoint).not.toHaveBeenCalled();
});

it("while a checkpoint takes its time, writers go on until another one is due, and then wait", async () => {
  const finish = await slowDisk();
  await write(0, 100);
  const saving = partial.checkpointWhenDue(DUE, NEVER);
  await write(500, 599);
  await partial.checkpointWhenDue(DUE, NEVER);
  await write(599, 600);
  let waited = false;
  const waiting = partial.checkpointWhenDue(DUE, NEVER).then(() => (waited = true));
  await turn();
  expect(waited).toBe(false);
  finish();
  await Promise.all([saving, waiting]);
  expect(recordedRanges(fixture.model.cacheDir).toArray()).toEqual([
    { start: 0, end: 100 },
    { start: 500, end: 600 },
  ]);
});
