/** The directions of the design, read from the files themselves: lint says the same, and this says it when lint is off. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = resolve(__dirname, "..");

/** What the files of an area may import besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  planning: ["service/src/memory-need"],
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

/** What a file imports; `values` leaves out what only the type checker sees. */
function imports(file: string, kind: "all" | "values" = "all"): string[] {
  const source = readFileSync(file, "utf8");
  const typeOnly = /import (?:type \{[^}]*\}|\{\s*(?:type \w+(?: as \w+)?,?\s*)+\}) from "[^"]+";/g;
  const text = kind === "all" ? source : source.replace(typeOnly, "");
  return [...text.matchAll(/(?:from|import|import\()\s*"([^"]+)"/g)].flatMap(([, specifier]) => specifier ?? []);
}

/** The file that a relative import names; none for a package. */
function resolved(file: string, specifier: string): string[] {
  if (!specifier.startsWith(".")) return [];
  const path = resolve(dirname(file), specifier).replace(/\.js$/, "");
  if (/\.\w+$/.test(path)) return [path];
  return [existsSync(path) ? join(path, "index.ts") : `${path}.ts`];
}

/** Each way back to a file that is reached from itself, once. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0)
      found.push([...path.slice(start), file].map((each) => relative(ROOT, resolve(ROOT, each))).join(" > "));
    if (start >= 0 || done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
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

it.each(Object.entries(ALLOWED))("%s imports only what lies below it", (area, allowed) => {
  expect(files(join(ROOT, area)).length).toBeGreaterThan(0);
  const wrong = leaving(area).filter(
    ({ target }) => !allowed.some((path) => target === path || target.startsWith(`${path}/`)),
  );
  expect(wrong).toEqual([]);
});

it("no file imports itself over others", () => {
  const graph = new Map(
    [...Object.keys(ALLOWED), "commands", "e2e", "__tests__/helpers"]
      .flatMap((area) => files(join(ROOT, area)))
      .map((file) => [file, imports(file, "values").flatMap((specifier) => resolved(file, specifier))]),
  );
  const edges = [...graph.values()].flat();
  expect(edges.length).toBeGreaterThan(300);
  expect(edges.filter((target) => !graph.has(target) && !target.startsWith(join(ROOT, "service")))).toEqual([]);
  expect(cycles(graph)).toEqual([]);
});

it("a cycle is found", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["b"]],
  ]);
  expect(cycles(graph)).toEqual(["b > c > b"]);
});

it("planning is free of cdktf, and what it shares with the service of imports", () => {
  const wrong = files(join(ROOT, "planning")).filter((file) =>
    imports(file).some((name) => /^(cdktf|constructs|@cdktf)/.test(name)),
  );
  expect(wrong).toEqual([]);
  for (const shared of ["contract.ts", "memory-need.ts"]) {
    expect(imports(join(ROOT, "service/src", shared))).toEqual([]);
  }
});

it("providers are imported one resource at a time", () => {
  const areas = ["constructs", "stacks", "config", "planning", "commands"];
  const wrong = areas
    .flatMap((area) => files(join(ROOT, area)))
    .filter((file) => imports(file).some((name) => /^@cdktf\/provider-[a-z]+$/.test(name)));
  expect(wrong).toEqual([]);
});

it("lint forbids the root import of a provider", () => {
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
