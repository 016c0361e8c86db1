import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { annotationLines, readStacks } from "../../../commands/lib/manifest";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "carepath-manifest-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function stacks(dependencies: Readonly<Record<string, string[]>>, annotations: unknown[] = []) {
  const entries = Object.entries(dependencies).map(([name, below]) => [
    name,
    { name, workingDirectory: `stacks/${name}`, dependencies: below, annotations },
  ]);
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ stacks: Object.fromEntries(entries) as unknown }));
  return readStacks(folder);
}

it("lists stacks after those that they depend on", () => {
  const read = stacks({ chat: ["platform"], platform: ["cluster"], cluster: [] });
  expect(read.map(({ name }) => name)).toEqual(["cluster", "platform", "chat"]);
});

it("refuses stacks that depend on each other", () => {
  expect(() => stacks({ a: ["b"], b: ["a"], c: [] })).toThrow(/manifest\.json: a, b depend on each other\.$/);
});

it("shows the warnings of the constructs with their stack", () => {
  const read = stacks({ cluster: [] }, [{ level: "@cdktf/warn", message: "no network" }]);
  expect(annotationLines(read)).toEqual(["warn: cluster: no network"]);
});
