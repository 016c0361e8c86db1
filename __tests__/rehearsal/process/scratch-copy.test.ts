/** A rehearsal that cannot fail proves nothing: two of the report's mistakes, made on purpose in a copy of the checkout. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { ROOT } from "../../../commands/lib/repository";
import { check, rehearseAsJson, runRehearsal } from "./run-rehearsal";

let copy = "";

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "carepath-copy-"));
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0").filter(Boolean);
  for (const file of listed) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
});

afterEach(() => rmSync(copy, { recursive: true, force: true }));

function edit(file: string, from: RegExp, to: string): void {
  const path = join(copy, file);
  const before = readFileSync(path, "utf8");
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
}

it("without the startup probe the rehearsal fails and says why", async () => {
  edit("constructs/kubernetes/probes.ts", /^ +startupProbe: httpProbe\(.*\n/m, "");
  const run = await runRehearsal(["--env", "demo"], copy);
  expect(run.code).toBe(1);
  expect(run.stderr).toBe(
    "chat-api has no startup probe: nothing holds the liveness probe back while the model loads. " +
      "Give the container a startupProbe.\n",
  );
}, 240_000);

it("with a /health that waits for the model the rehearsal fails and says why", async () => {
  edit(
    "service/src/http/routes/probes.ts",
    /app\.get\(PATHS\.health, \{ schema: health \}, \(_request, reply\) => \{/,
    `app.get(PATHS.health, { schema: health }, async (_request, reply) => {
    while (lifecycle.report().status === "loading") await new Promise((resolve) => setTimeout(resolve, 20));`,
  );
  const run = await rehearseAsJson(["--speedup", "5", "--load-seconds", "8"], copy);
  expect(run.code).toBe(1);
  expect(check(run, "health")).toMatchObject({ ok: false });
  expect(check(run, "health")?.detail).toMatch(
    /^\/health failed \d+ of \d+ requests, the first while loading: no answer within/,
  );
}, 240_000);
