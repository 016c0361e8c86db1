import { spawnSync } from "node:child_process";

import { ROOT } from "../../commands/lib/repository";

function bench(...words: readonly string[]) {
  return spawnSync(process.execPath, ["--import", "tsx", "commands/bench/main.ts", ...words], {
    cwd: ROOT,
    encoding: "utf8",
  });
}

it.each([
  [["speed"], /^benchmark \(speed\) must be one of load, [a-z, -]+\.\n$/],
  [["--peer", "/none", "threads"], /^benchmark \(threads\) must be one of triage, generating, [a-z, ]+\.\n$/],
  [["--shape", "70b"], /^--shape \(70b\) must be one of [a-z0-9, ]+\.\n$/],
])("names what it knows instead of %p, and ends with 2", (words, message) => {
  const { status, stderr } = bench(...words);
  expect(stderr).toMatch(message);
  expect(status).toBe(2);
});
