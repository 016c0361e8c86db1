/** That lint checks what the design promises of imports; the rules themselves are in eslint.config.mjs. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const ROOT = resolve(__dirname, "..");

interface Rules {
  readonly "no-restricted-imports": [number, { patterns: { regex: string }[] }];
  readonly "import-x/no-restricted-paths": [number, { zones: { target: string; except: string[] }[] }];
  readonly "import-x/no-cycle": [number];
}

function rulesOf(file: string): Rules {
  const eslint = join(dirname(require.resolve("eslint/package.json")), "bin", "eslint.js");
  const text = execFileSync(process.execPath, [eslint, "--print-config", file], { cwd: ROOT, encoding: "utf8" });
  return (JSON.parse(text) as { rules: Rules }).rules;
}

it.each([
  ["stacks/cluster-stack.ts", "@cdktf/provider-aws", "@cdktf/provider-aws/lib/vpc"],
  ["planning/cidr.ts", "constructs", "zod"],
  ["service/src/contract.ts", "./json.js", undefined],
])("in %s forbids the import of %s and allows that of %s", (file, forbidden, allowed) => {
  const [severity, { patterns }] = rulesOf(file)["no-restricted-imports"];
  const forbids = (name: string) => patterns.some(({ regex }) => new RegExp(regex).test(name));
  expect([severity, forbids(forbidden), allowed !== undefined && forbids(allowed)]).toEqual([2, true, false]);
});

const { "import-x/no-restricted-paths": directions, "import-x/no-cycle": cycles } = rulesOf("rehearsal/workload.ts");

/** What lint lets an area import besides itself. */
function mayImport(area: string): string[] {
  const { except = [] } = directions[1].zones.find(({ target }) => target === `./${area}`) ?? {};
  return except.map((path) => path.slice("./".length)).filter((path) => path !== area && path !== "node_modules");
}

const AREAS = ["planning", "config", "constructs", "stacks", "rehearsal"];

it.each([...AREAS, "service", "e2e"])("CONTRIBUTING.md says what lint lets %s import", (area) => {
  const text = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
  const [, cell = ""] = new RegExp(`^\\| \`${area}/\` +\\| ([^|;]*)`, "m").exec(text) ?? [];
  expect(cell).not.toBe("");
  expect([...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path)).toEqual(mayImport(area));
});

it.each(AREAS)("the diagram of docs/architecture.md has an arrow for everything that %s may import", (area) => {
  const text = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
  const lines = text.replace(/\["[^"]*"\]/g, "").matchAll(/^ {2}(\w+) --> (.*)$/gm);
  const arrows = [...lines].flatMap(([, from, to = ""]) => (from === area ? to.split(" & ") : []));
  const node: Record<string, string> = { "service/src/contract.ts": "contract", "service/src/memory-need.ts": "need" };
  expect(arrows.sort()).toEqual(
    mayImport(area)
      .map((path) => node[path] ?? path)
      .sort(),
  );
});

it("forbids cycles, and imports against the directions of the design", () => {
  expect([cycles[0], directions[0]]).toEqual([2, 2]);
  expect(mayImport("rehearsal")).toEqual(["service/src/contract.ts"]);
});
