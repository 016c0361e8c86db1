/**
 * Writes the two configuration tables of the README: the settings from `config/schema.ts` (paths and rules from its own
 * source, descriptions from its doc comments) and the environment variables from `config/overrides.ts`.
 * `npm run docs:config` rewrites them; a test keeps them in step.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import ts from "typescript";

import { OVERRIDES } from "../../config/overrides";
import { FROM_USER, npmCommand, run } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { DEFAULTS } from "../../service/src/contract";

/** One setting of an environment file. */
export interface ConfigRow {
  /** Dotted path, with the variant of a union in brackets: `state[s3].bucket`. */
  readonly path: string;
  readonly rule: string;
  /** Source text of the default; null when the setting is required, "" when it is optional without a default. */
  readonly fallback: string | null;
  readonly description: string;
}

const SCHEMA_FILE = join(ROOT, "config", "schema.ts");
const PAGE_FILE = join(ROOT, "docs", "configuration.md");
const CONFIG_MARKS = [
  "<!-- configuration table: npm run docs:config -->",
  "<!-- end of the configuration table -->",
] as const;
const VARIABLE_MARKS = [
  "<!-- variables table: npm run docs:config -->",
  "<!-- end of the variables table -->",
] as const;

/** Every setting that an environment file may hold, in the order of the schema. */
export function configRows(source: string = readFileSync(SCHEMA_FILE, "utf8")): ConfigRow[] {
  const file = ts.createSourceFile("schema.ts", source, ts.ScriptTarget.ES2022, true);
  const constants = new Map<string, ts.Expression>();
  file.forEachChild((node) => {
    if (!ts.isVariableStatement(node)) return;
    for (const declaration of node.declarationList.declarations) {
      if (ts.isIdentifier(declaration.name) && declaration.initializer) {
        constants.set(declaration.name.text, declaration.initializer);
      }
    }
  });
  const root = constants.get("appConfigSchema");
  if (!root) throw new Error(`config/schema.ts has no "appConfigSchema": the table starts there. Rename it back.`);
  return withoutRepeats(rowsOf(root, "", constants));
}

/** The table in Markdown. */
export function configTable(rows: readonly ConfigRow[] = configRows()): string {
  const lines = rows.map(({ path, rule, fallback, description }) => {
    const standard = fallback === null ? "**required**" : fallback === "" ? "none" : code(fallback);
    return `| ${code(path)} | ${cell(rule)} | ${standard} | ${cell(description)} |`;
  });
  return ["| setting | rule | default | meaning |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

/** The environment variables that override a file, in Markdown. */
export function variableTable(): string {
  const lines = OVERRIDES.map(({ variable, description }) => `| ${code(variable)} | ${cell(description)} |`);
  return ["| variable | meaning |", "| --- | --- |", ...lines].join("\n");
}

/** The README's text with both tables written anew between their markers. */
export function withTables(readme: string): string {
  return between(between(readme, CONFIG_MARKS, configTable()), VARIABLE_MARKS, variableTable());
}

function between(text: string, [startMark, endMark]: readonly [string, string], table: string): string {
  const start = text.indexOf(startMark);
  const end = text.indexOf(endMark);
  if (start < 0 || end < start) {
    throw new Error(
      `docs/configuration.md has no place for a table. Put "${startMark}" and "${endMark}" where it belongs.`,
    );
  }
  return `${text.slice(0, start + startMark.length)}\n\n${table}\n\n${text.slice(end)}`;
}

type Constants = ReadonlyMap<string, ts.Expression>;

/** Rows below one schema expression. Union variants and objects are walked; everything else is a leaf of its parent. */
function rowsOf(expression: ts.Expression, path: string, constants: Constants): ConfigRow[] {
  const base = baseOf(expression, constants);
  const kind = callName(base);
  if (kind === "strictObject") return propertiesOf(argument(base, 0), path, constants);
  if (kind === "discriminatedUnion") {
    const options = argument(base, 1);
    const key = argument(base, 0);
    if (!options || !ts.isArrayLiteralExpression(options) || !key || !ts.isStringLiteral(key)) return [];
    return options.elements.flatMap((option) => {
      const variant = literalOf(option, key.text, constants);
      // The two targets share almost everything, so the top level shows no variant; `withoutRepeats` merges them.
      return rowsOf(option, path === "" ? "" : `${path}[${variant}]`, constants);
    });
  }
  return [];
}

function propertiesOf(literal: ts.Expression | undefined, path: string, constants: Constants): ConfigRow[] {
  if (!literal || !ts.isObjectLiteralExpression(literal)) return [];
  return literal.properties.flatMap((property) => {
    if (ts.isSpreadAssignment(property)) {
      const spread = ts.isIdentifier(property.expression) ? constants.get(property.expression.text) : undefined;
      return propertiesOf(spread, path, constants);
    }
    if (!ts.isPropertyAssignment(property)) return [];
    const name = property.name.getText();
    const child = path === "" ? name : `${path}.${name}`;
    const below = rowsOf(property.initializer, child, constants);
    if (below.length > 0) return below;
    const doc = docOf(property);
    return [
      {
        path: child,
        rule: ruleOf(property.initializer, constants),
        fallback: doc.fallback ?? defaultOf(property.initializer, constants),
        description: doc.text,
      },
    ];
  });
}

/** Follows `schema.default(...)`, `.optional()`, `.refine(...)` and named constants down to the call that makes it. */
function baseOf(expression: ts.Expression, constants: Constants): ts.Expression {
  let present = expression;
  for (;;) {
    if (ts.isIdentifier(present)) {
      const next = constants.get(present.text);
      if (!next) return present;
      present = next;
    } else if (ts.isCallExpression(present) && ts.isPropertyAccessExpression(present.expression)) {
      const object = present.expression.expression;
      if (ts.isIdentifier(object) && object.text === "z") return present;
      present = object;
    } else {
      return present;
    }
  }
}

/** Names and arguments of the calls in a chain, innermost first. */
function chainOf(expression: ts.Expression, constants: Constants): { name: string; args: readonly ts.Expression[] }[] {
  if (ts.isIdentifier(expression)) {
    const next = constants.get(expression.text);
    return next ? chainOf(next, constants) : [];
  }
  if (!ts.isCallExpression(expression)) return [];
  if (!ts.isPropertyAccessExpression(expression.expression)) {
    return [{ name: expression.expression.getText(), args: expression.arguments }];
  }
  const link = { name: expression.expression.name.text, args: expression.arguments };
  return [...chainOf(expression.expression.expression, constants), link];
}

function ruleOf(expression: ts.Expression, constants: Constants): string {
  const [first, ...rest] = chainOf(expression, constants);
  if (!first) return "";
  const texts = first.args.map((value) => (ts.isNumericLiteral(value) ? value.text : value.getText()));
  const bound = (name: string, words: string) => {
    const value = rest.find((link) => link.name === name)?.args[0];
    return value ? `, ${words} ${value.getText()}` : "";
  };
  switch (first.name) {
    case "wholeNumber":
      return `whole number, ${texts.join(" to ")}`;
    case "enum":
      return texts
        .join("")
        .replace(/[[\]\s]/g, "")
        .split(",")
        .join(" or ");
    case "literal":
      return texts.join("");
    case "number":
      return `number${bound("min", "at least")}${rest.some(({ name }) => name === "positive") ? ", more than 0" : ""}`;
    case "array":
      return `list${bound("min", "at least")}${bound("max", "at most")}`;
    case "boolean":
      return "true or false";
    case "url":
      return "URL";
    case "record":
      return "map of texts";
    default:
      return "text";
  }
}

function defaultOf(expression: ts.Expression, constants: Constants): string | null {
  const chain = chainOf(expression, constants);
  const given = chain.find(({ name }) => name === "default" || name === "prefault")?.args[0];
  if (given) {
    const shared = /^DEFAULTS\.(\w+)$/.exec(given.getText())?.[1];
    return shared === undefined ? given.getText() : String(DEFAULTS[shared as keyof typeof DEFAULTS]);
  }
  return chain.some(({ name }) => name === "optional") ? "" : null;
}

/** The value that a union variant has under the discriminating key. */
function literalOf(option: ts.Expression, key: string, constants: Constants): string {
  const shape = argument(baseOf(option, constants), 0);
  if (!shape || !ts.isObjectLiteralExpression(shape)) return "";
  for (const property of shape.properties) {
    if (!ts.isPropertyAssignment(property) || property.name.getText() !== key) continue;
    const value = argument(baseOf(property.initializer, constants), 0);
    if (value && ts.isStringLiteral(value)) return value.text;
  }
  return "";
}

function docOf(node: ts.Node): { text: string; fallback: string | undefined } {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = docs.map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "").join(" ");
  const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === "default");
  return { text: text.replace(/\s+/g, " ").trim(), fallback: tag && ts.getTextOfJSDocComment(tag.comment)?.trim() };
}

function callName(expression: ts.Expression): string | undefined {
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression)) return undefined;
  return expression.expression.name.text;
}

function argument(expression: ts.Expression, index: number): ts.Expression | undefined {
  return ts.isCallExpression(expression) ? expression.arguments[index] : undefined;
}

function withoutRepeats(rows: readonly ConfigRow[]): ConfigRow[] {
  const merged = new Map<string, ConfigRow>();
  for (const row of rows) {
    const known = merged.get(row.path);
    const rule = known && known.rule !== row.rule ? `${known.rule} or ${row.rule}` : row.rule;
    merged.set(row.path, known ? { ...known, rule } : row);
  }
  return [...merged.values()];
}

function code(text: string): string {
  return `\`${cell(text.replace(/^"(.*)"$/, "$1"))}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

export const command = npmCommand("docs:config", "Writes the tables of docs/configuration.md from the schema.");

async function main(argv: readonly string[]): Promise<number> {
  command.parse(argv, FROM_USER);
  // Loaded here: prettier is ESM behind a dynamic import, which tests of the functions above cannot do.
  const { format, resolveConfig } = await import("prettier");
  const options = await resolveConfig(PAGE_FILE);
  writeFileSync(
    PAGE_FILE,
    await format(withTables(readFileSync(PAGE_FILE, "utf8")), { ...options, filepath: PAGE_FILE }),
  );
  return 0;
}

if (require.main === module) void run(main);
