/** That lint checks what the design promises of imports; the rules themselves are in eslint.config.mjs. */
import { execFileSync } from "node:child_process";
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

it("forbids cycles, and imports against the directions of the design", () => {
  const rules = rulesOf("rehearsal/workload.ts");
  expect(rules["import-x/no-cycle"][0]).toBe(2);
  const [severity, { zones }] = rules["import-x/no-restricted-paths"];
  expect(severity).toBe(2);
  expect(zones.find(({ target }) => target === "./rehearsal")?.except).toEqual([
    "./rehearsal",
    "./service/src/contract.ts",
    "./node_modules",
  ]);
});
