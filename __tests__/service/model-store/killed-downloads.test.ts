import { jest } from "@jest/globals";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type ByteRanges } from "../../../service/src/model-store/byte-ranges.js";
import { askedAgain, recordedRanges, SCRATCH } from "../../helpers/cache-fixture.js";
import { factsOf, randomContent, startModelServer, type ModelServer } from "../../helpers/model-server.js";
import { buildService, type BuiltService } from "../../helpers/service-process.js";

jest.setTimeout(120_000);

const KILLS = 30;
const CONTENT = randomContent(4_000_000);
const TUNING = { connections: 3, pieceBytes: 262_144, checkpointBytes: 65_536 };
/** A socket gives out at most this much at once. */
const CHUNK_BYTES = 65_536;
/** What was written before a checkpoint that did not complete, what was written during it, and a chunk a connection. */
const MOST_LOST = 2 * TUNING.checkpointBytes + TUNING.connections * CHUNK_BYTES;

/** Downloads, and says after every write how many bytes are on disk. */
const DOWNLOAD_PROGRAM = `
import { writeSync } from "node:fs";
import { ModelStore } from "./dist/model-store/model-store.js";
const say = (what) => writeSync(1, JSON.stringify(what) + "\\n");
const { model, tuning } = JSON.parse(process.env.DOWNLOAD);
const proxies = { httpProxy: undefined, httpsProxy: undefined, noProxy: undefined };
const store = new ModelStore({ model, proxies, tuning, logger: { info() {}, warn() {} } });
say({ phase: "starting" });
await store.acquire({
  signal: new AbortController().signal,
  onPhase: (phase) => say({ phase }),
  onProgress: (bytes) => say({ bytes }),
});
`;

let built: BuiltService;
let server: ModelServer;
let cache: string;
beforeAll(async () => {
  built = buildService();
  server = await startModelServer(CONTENT);
  cache = mkdtempSync(join(SCRATCH, "carepath-killed-"));
});
afterAll(async () => {
  await built.dispose();
  await server.close();
  rmSync(cache, { recursive: true, force: true });
});

/** Bytes of the published model, or undefined when there is none. */
function published(): Buffer | undefined {
  const name = readdirSync(cache).find((file) => file.endsWith(".gguf"));
  return name === undefined ? undefined : readFileSync(join(cache, name));
}

/** The ranges whose bytes in the partial file are not those of the model. */
function falseClaims(ranges: ByteRanges): string[] {
  const name = readdirSync(cache).find((file) => file.endsWith(".partial"));
  if (name === undefined) return ranges.size === 0 ? [] : ["no file"];
  const file = openSync(join(cache, name), "r");
  try {
    return ranges
      .toArray()
      .filter(({ start, end }) => {
        const bytes = Buffer.alloc(end - start);
        return (
          readSync(file, bytes, 0, bytes.length, start) < bytes.length || !bytes.equals(CONTENT.subarray(start, end))
        );
      })
      .map(({ start, end }) => `${start}-${end - 1}`);
  } finally {
    closeSync(file);
  }
}

it(`kill -9 at ${KILLS} random points, then clean starts: nothing corrupt, nothing twice that was on disk`, async () => {
  const program = built.addProgram("download.js", DOWNLOAD_PROGRAM);
  const model = {
    kind: "pinned",
    url: server.url,
    ...factsOf(CONTENT),
    cacheDir: cache,
    prune: false,
    verify: "marker",
  };
  const download = () => built.start({ DOWNLOAD: JSON.stringify({ model, tuning: TUNING }) }, program);
  server.fault = () => ({ bytesPerSecond: 1_000_000 });
  const interrupted: string[] = [];
  let onDisk = recordedRanges(cache);
  for (let kill = 0; kill < KILLS; kill++) {
    const before = server.requests.length;
    const victim = download();
    await victim.reaches("starting");
    await pause(Math.random() * 400);
    await victim.kill();

    expect(askedAgain(server.requests.slice(before), onDisk)).toEqual([]);
    const complete = published();
    if (complete !== undefined) {
      expect(complete.equals(CONTENT)).toBe(true);
      // The next round starts from nothing again, or all later kills would hit a process that has nothing to do.
      for (const name of readdirSync(cache)) rmSync(join(cache, name));
      onDisk = recordedRanges(cache);
      continue;
    }
    interrupted.push(String(victim.lines.findLast(({ phase }) => phase !== undefined)?.["phase"]));
    const recorded = recordedRanges(cache);
    expect(falseClaims(recorded)).toEqual([]);
    // What was on disk and is claimed no longer would be fetched again later.
    for (const { start, end } of onDisk.toArray()) recorded.add({ start, end });
    expect(recorded.size).toBe(recordedRanges(cache).size);
    const written =
      victim.lines.filter(({ phase }) => phase === "verifying").length > 0 ? CONTENT.length : lastBytes(victim.lines);
    expect(written - recorded.size).toBeLessThanOrEqual(MOST_LOST);
    onDisk = recorded;
  }
  // A test of kills in the middle that never hit the middle would prove nothing.
  expect(interrupted.filter((phase) => phase === "downloading").length).toBeGreaterThanOrEqual(KILLS / 3);

  const before = server.requests.length;
  server.fault = () => undefined;
  expect(await download().exit).toBe(0);
  expect(askedAgain(server.requests.slice(before), onDisk)).toEqual([]);
  expect(published()?.equals(CONTENT)).toBe(true);
});

/** How many bytes of the file the process had written when it last said so. */
function lastBytes(lines: readonly Record<string, unknown>[]): number {
  return Number(lines.findLast(({ bytes }) => bytes !== undefined)?.["bytes"] ?? 0);
}
