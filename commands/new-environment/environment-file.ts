/** Writes an environment from another one: its file, and its line in `config/environments/index.ts`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { environmentName } from "../../config/fields";
import { UsageError } from "../lib/command-line";

const FOLDER = join("config", "environments");

export interface NewEnvironment {
  /** Folder that has `config/environments`. */
  readonly root: string;
  readonly name: string;
  /** Environment whose file is copied. */
  readonly from: string;
}

/**
 * @returns paths of what was written, relative to `root`
 * @throws {UsageError} for a name that no environment can have, that is taken, or a model that does not exist
 */
export function writeEnvironment({ root, name, from }: NewEnvironment): readonly string[] {
  const problem = environmentName.safeParse(name).success ? undefined : environmentName.meta();
  if (problem !== undefined) throw new UsageError(`"${name}" ${String(problem["rule"])}. ${String(problem["fix"])}.`);
  const file = join(FOLDER, `${name}.ts`);
  const source = join(FOLDER, `${from}.ts`);
  const index = join(FOLDER, "index.ts");
  if (existsSync(join(root, file))) throw new UsageError(`${file} exists already. Choose another name, or edit it.`);
  if (name === "index" || RESERVED.has(identifier(name)))
    throw new UsageError(`"${name}" is a word of TypeScript. Choose another name.`);
  const indexText = readFileSync(join(root, index), "utf8");
  if (!existsSync(join(root, source))) {
    throw new UsageError(`--from ${from}: ${source} does not exist. Name one of ${registered(indexText).join(", ")}.`);
  }
  writeFileSync(join(root, file), renamed(readFileSync(join(root, source), "utf8"), from, name));
  writeFileSync(join(root, index), withEntry(indexText, name));
  return [file, index];
}

/** The copy under its own name, in its own namespace: two environments may share a cluster. */
function renamed(text: string, from: string, name: string): string {
  const copy = text
    .replace(`export const ${identifier(from)}:`, `export const ${identifier(name)}:`)
    .replace(`environment: "${from}"`, `environment: "${name}"`)
    .replace(/^ {4}namespace: .*\n/m, "");
  return copy.replace(/^ {2}chat: \{\n/m, `  chat: {\n    namespace: "carepath-${name}",\n`);
}

function withEntry(text: string, name: string): string {
  const constant = identifier(name);
  const imports = text.split("\n").filter((line) => /^import \{ \w+ \} from "\.\/.*";$/.test(line));
  const sorted = [...imports, `import { ${constant} } from ${JSON.stringify(`./${name}`)};`].sort((a, b) =>
    path(a).localeCompare(path(b)),
  );
  const entry = constant === name ? name : `${JSON.stringify(name)}: ${constant}`;
  return text
    .replace(imports.join("\n"), sorted.join("\n"))
    .replace(
      /(ENVIRONMENTS: [^=]*= \{)([^}]*?),?\s*\}/,
      (_, head: string, entries: string) => `${head}${entries.trimEnd()}, ${entry} }`,
    );
}

function path(line: string): string {
  return /"(.*)"/.exec(line)?.[1] ?? "";
}

function registered(text: string): string[] {
  return [...text.matchAll(/from "\.\/([\w-]+)";/g)].map(([, file = ""]) => file);
}

/** `eu-west` as `euWest`. */
function identifier(name: string): string {
  return name.replace(/-+(\w?)/g, (_, letter: string) => letter.toUpperCase());
}

const RESERVED: ReadonlySet<string> = new Set(
  (
    "break case catch class const continue debugger default delete do else enum export extends false finally for function if " +
    "import in instanceof new null return super switch this throw true try typeof var void while with yield let static await " +
    "implements interface package private protected public"
  ).split(" "),
);
