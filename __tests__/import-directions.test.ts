/** The directions of the design, read from the files themselves: lint says the same, and this says it when lint is off. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = resolve(__dirname, "..");

/** What the files of an area may import besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  planning: [],
  constructs: ["planning", "config", "service/src/contract"],
  config: ["planning", "service/src/contract"],
  stacks: ["constructs", "config", "planning", "service/src/contract"],
  rehearsal: ["service/src/contract"],
  "service/src": [],
};

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === "node_modules" || name === "dist" ? [] : files(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}

function imports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import|import\()\s*"([^"]+)"/g)].flatMap(([, specifier]) => specifier ?? []);
}

/** Relative imports of an area that leave it, as paths from the root. */
function leaving(area: string): { file: string; target: string }[] {
  return files(join(ROOT, area)).flatMap((file) =>
    imports(file)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => relative(ROOT, resolve(dirname(file), specifier)).replace(/\.js$/, ""))
      .filter((target) => !target.startsWith(`${area}/`))
      .map((target) => ({ file: relative(ROOT, file), target })),
  );
}

test.each(Object.entries(ALLOWED))("%s imports only what lies below it", (area, allowed) => {
  expect(files(join(ROOT, area)).length).toBeGreaterThan(0);
  const wrong = leaving(area).filter(
    ({ target }) => !allowed.some((path) => target === path || target.startsWith(`${path}/`)),
  );
  expect(wrong).toEqual([]);
});

test("planning is free of cdktf, and the contract of imports", () => {
  const wrong = files(join(ROOT, "planning")).filter((file) =>
    imports(file).some((name) => /^(cdktf|constructs|@cdktf)/.test(name)),
  );
  expect(wrong).toEqual([]);
  expect(imports(join(ROOT, "service/src/contract.ts"))).toEqual([]);
});

test("providers are imported one resource at a time", () => {
  const areas = ["constructs", "stacks", "config", "planning", "scripts"];
  const wrong = areas
    .flatMap((area) => files(join(ROOT, area)))
    .filter((file) => imports(file).some((name) => /^@cdktf\/provider-[a-z]+$/.test(name)));
  expect(wrong).toEqual([]);
});

test("lint forbids the root import of a provider", () => {
  const eslint = join(dirname(require.resolve("eslint/package.json")), "bin", "eslint.js");
  const args = [eslint, "--print-config", "stacks/cluster-stack.ts"];
  const { rules } = JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" })) as {
    rules: Record<string, [number, { patterns: { regex: string }[] }]>;
  };
  const [severity, options] = rules["no-restricted-imports"] ?? [];
  expect(severity).toBe(2);
  const forbids = (name: string) => options?.patterns.some(({ regex }) => new RegExp(regex).test(name));
  expect([forbids("@cdktf/provider-aws"), forbids("@cdktf/provider-aws/lib/vpc")]).toEqual([true, false]);
});
