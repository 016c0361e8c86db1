import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ModelServer } from "../../rehearsal/model-server";

const folder = mkdtempSync(join(tmpdir(), "carepath-model-server-"));
const path = join(folder, "model.gguf");
const content = Buffer.from(Array.from({ length: 64 * 1024 }, (_, index) => index % 251));
writeFileSync(path, content);
let server: ModelServer;

async function start(mibPerSecond?: number): Promise<string> {
  server = new ModelServer({ path, bytes: content.length, sha256: "abc" }, mibPerSecond);
  return server.start();
}
const fetchRange = (url: string, headers: Record<string, string>) => fetch(url, { headers });

afterEach(() => server.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("serves the whole file with its size and an ETag", async () => {
  const response = await fetchRange(await start(), {});
  expect(response.status).toBe(200);
  expect(response.headers.get("etag")).toBe('"abc"');
  expect(response.headers.get("accept-ranges")).toBe("bytes");
  expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  expect(server.servedBytes).toBe(content.length);
});

it("serves a range, and the rest of the file for an open one", async () => {
  const url = await start();
  const part = await fetchRange(url, { range: "bytes=10-19" });
  expect(part.status).toBe(206);
  expect(part.headers.get("content-range")).toBe(`bytes 10-19/${content.length}`);
  expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(10, 20))).toBe(true);
  const rest = await fetchRange(url, { range: "bytes=60000-" });
  expect((await rest.arrayBuffer()).byteLength).toBe(content.length - 60_000);
});

it("a range beyond the end is 416", async () => {
  const response = await fetchRange(await start(), { range: `bytes=${content.length}-` });
  expect(response.status).toBe(416);
  expect(response.headers.get("content-range")).toBe(`bytes */${content.length}`);
});

it("If-Range with another version gets the whole file", async () => {
  const url = await start();
  expect((await fetchRange(url, { range: "bytes=5-", "if-range": '"old"' })).status).toBe(200);
  expect((await fetchRange(url, { range: "bytes=5-", "if-range": '"abc"' })).status).toBe(206);
});

it("throttles all connections together", async () => {
  const url = await start(0.25);
  const from = performance.now();
  await Promise.all([1, 2].map(async () => (await fetchRange(url, {})).arrayBuffer()));
  // 128 KiB at 256 KiB/s.
  expect(performance.now() - from).toBeGreaterThan(450);
});
