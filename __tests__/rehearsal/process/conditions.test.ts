/** Every condition of the command line, against the real service. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { check, rehearseAsJson, runRehearsal, type RehearsalJson } from "./run-rehearsal";

jest.setTimeout(240_000);
const QUICK = ["--speedup", "10"];

const failed = (run: RehearsalJson) => run.verdict.checks.filter(({ ok }) => !ok);
const served = (run: RehearsalJson) => {
  const [, sent, size] = /sent (\d+) bytes for a file of (\d+)/.exec(run.notes.join(" ")) ?? [];
  return { sent: Number(sent), size: Number(size) };
};

it("without a condition the planned worst start is held, and uses most of the half of the window that it was planned for", async () => {
  const { code, stdout } = await runRehearsal(["--env", "demo", "--json"]);
  const { verdict, notes } = JSON.parse(stdout) as RehearsalJson;
  expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
  const { seconds = 0, budgetSeconds = 0 } = verdict.startup ?? {};
  expect(seconds / budgetSeconds).toBeGreaterThan(0.4);
  expect(seconds / budgetSeconds).toBeLessThan(0.8);
  expect(notes.join(" ")).toContain("the worst start planned for qwen2.5-3b-instruct.");
  expect(code).toBe(0);
});

it("--kill-during download: one ordered restart, and the download goes on where it was", async () => {
  const run = await rehearseAsJson([...QUICK, "--kill-during", "download"]);
  expect(failed(run)).toEqual([]);
  expect(run.verdict.restarts).toBe(1);
  const { sent, size } = served(run);
  expect(sent).toBeGreaterThan(size);
  expect(sent).toBeLessThan(2 * size);
});

it("--kill-during load: one ordered restart, and the cached model is not fetched again", async () => {
  const run = await rehearseAsJson([...QUICK, "--kill-during", "load"]);
  expect(failed(run)).toEqual([]);
  expect(run.verdict.restarts).toBe(1);
  expect(served(run).sent).toBe(served(run).size);
});

it("--kill-during answer: the client loses that answer and gets the next one", async () => {
  const run = await rehearseAsJson([...QUICK, "--kill-during", "answer"]);
  expect(failed(run)).toEqual([]);
  expect(run.verdict.restarts).toBe(1);
  expect(run.timeline.some(({ event }) => event.type === "answer" && event.ok === false)).toBe(true);
});

it("--corrupt-cache: the damaged model is noticed and fetched again", async () => {
  const run = await rehearseAsJson([...QUICK, "--corrupt-cache"]);
  expect(failed(run)).toEqual([]);
  expect(served(run).sent).toBe(2 * served(run).size);
});

it("--disk-full: exit code 68 and the reason, or a word that the disk may not be limited here", async () => {
  const run = await rehearseAsJson([...QUICK, "--disk-full"]);
  if (run.notes.some((note) => note.startsWith("--disk-full is NOT in force"))) {
    expect(failed(run)).toEqual([]);
    return;
  }
  expect(run.code).toBe(1);
  expect(check(run, "restarts")?.detail).toMatch(/exit code 68: The volume of MODEL_CACHE_DIR/);
});

it("--load-seconds holds the load phase while /health goes on answering", async () => {
  const run = await rehearseAsJson([...QUICK, "--load-seconds", "6"]);
  expect(failed(run)).toEqual([]);
  const at = (phase: string) => run.timeline.find(({ event }) => event.phase === phase)?.at ?? NaN;
  expect(at("ready") - at("loading")).toBeGreaterThan(5.5);
  expect(run.verdict.worstLatencyMs.loading).toBeLessThan(5000);
});

it("a load that outlasts the startup window is killed by the startup probe", async () => {
  // A window of 5 to 10 minutes in a hundredth of the time, and a load of 20 s.
  const run = await rehearseAsJson(["--speedup", "100", "--load-seconds", "20"]);
  expect(run.code).toBe(1);
  expect(check(run, "restarts")?.detail).toMatch(/startup probe failed \d+ times in a row: HTTP 503/);
  const words = /^Inconclusive: the startup probe .* (?<left>[\d.]+) s instead of (?<planned>\d+) s/;
  const { left, planned } = words.exec(run.verdict.inconclusive ?? "")?.groups ?? {};
  expect(Math.abs(Number(left) - Number(planned) / 100)).toBeLessThan(0.1);
});

it("--slow-disk and --slow-network take the time that they say", async () => {
  const run = await rehearseAsJson([...QUICK, "--slow-disk", "0.25", "--slow-network", "0.2"]);
  expect(failed(run)).toEqual([]);
  const mib = served(run).size / 1024 / 1024;
  const at = (phase: string) => run.timeline.find(({ event }) => event.phase === phase)?.at ?? NaN;
  expect(at("loading") - at("downloading")).toBeGreaterThan(mib / 0.2);
  expect(at("ready") - at("loading")).toBeGreaterThan(mib / 0.25);
});

it("--cpus limits the service, or says that it may not", async () => {
  const run = await rehearseAsJson([...QUICK, "--cpus", "1"]);
  expect(failed(run)).toEqual([]);
  expect(run.notes.join(" ")).toMatch(/CPU quota of 1 by cgroup\.|--cpus 1 is NOT in force: /);
});

it("--model-cache keeps the model between runs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "carepath-cache-"));
  const first = await rehearseAsJson([...QUICK, "--model-cache", folder]);
  expect(served(first).sent).toBe(served(first).size);
  expect(readdirSync(folder)).not.toEqual([]);
  const second = await rehearseAsJson([...QUICK, "--model-cache", folder]);
  expect(failed(second)).toEqual([]);
  expect(served(second).sent).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

describe("bad input", () => {
  it("a port that is taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const run = await runRehearsal(["--env", "demo", "--port", String(port)]);
    server.close();
    expect(run.code).toBe(1);
    expect(run.stderr).toBe(
      `port ${port} cannot be used (it is taken). Choose another by --port, or leave it out for a free one.\n`,
    );
  });

  it.each([
    [
      ["--env", "prod"],
      'The environment (--env or CAREPATH_ENV) is "prod". It must be one of demo, local, production, scale.\n',
    ],
    [
      ["--load-second", "3"],
      "Unknown option '--load-second'. Did you mean --load-seconds? See npm run rehearse -- --help.\n",
    ],
  ])("%j ends it before anything is built", async (args, stderr) => {
    expect(await runRehearsal(args)).toEqual({ code: 2, stdout: "", stderr });
  });
});
