import { z } from "zod";

import { ConfigError, type ConfigProblem } from "./config-error";
import { closest } from "./did-you-mean";
import { crossFieldProblems } from "./rules";
import { appConfigSchema, type AppConfig } from "./schema";

/**
 * Checks a configuration against the schema and against the rules between its fields.
 *
 * All problems are reported at once. Rules between fields need values of the right type, so they wait only for missing
 * values and wrong types; an unknown key or a number out of range does not hide them.
 *
 * @throws {ConfigError} naming `subject`
 */
export function parseConfig(subject: string, input: unknown): AppConfig {
  const unknownKeys: ConfigProblem[] = [];
  let result = checked.safeParse(input);
  if (!result.success) {
    unknownKeys.push(...result.error.issues.flatMap((issue) => unknownKeyProblems(issue, input)));
    if (unknownKeys.length > 0) result = checked.safeParse(withoutUnknownKeys(input, result.error.issues));
  }
  const problems = [
    ...unknownKeys,
    ...(result.success ? [] : result.error.issues.map((issue) => problemOf(issue, input))),
  ];
  if (problems.length > 0 || !result.success) throw new ConfigError(subject, problems);
  return result.data;
}

const checked = appConfigSchema.superRefine((config, context) => {
  for (const { path, actual, ...params } of crossFieldProblems(config)) {
    context.addIssue({ code: "custom", params: { ...params, path, actual } });
  }
});

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

function unknownKeyProblems(issue: Issue, input: unknown): ConfigProblem[] {
  if (issue.code !== "unrecognized_keys") return [];
  const known = knownKeys(issue.path);
  return issue.keys.map((key) => {
    const meant = closest(key, known);
    return {
      path: pathText([...issue.path, key]),
      actual: valueAt(input, [...issue.path, key]),
      rule: "is not a known key",
      fix: meant === undefined ? `Known here: ${known.join(", ")}` : `Did you mean "${meant}"?`,
    };
  });
}

/** The issue in this project's words. Issues of our own carry rule and fix; zod's are translated. */
function problemOf(issue: Issue, input: unknown): ConfigProblem {
  const own = issue.code === "custom" ? (issue.params as Partial<ConfigProblem> | undefined) : undefined;
  const { rule, fix } = own?.rule === undefined ? translate(issue) : { rule: own.rule, fix: own.fix ?? "" };
  if (own !== undefined && "path" in own) return { path: own.path ?? "", actual: own.actual, rule, fix };
  return { path: pathText(issue.path), actual: valueAt(input, issue.path), rule, fix };
}

function translate(issue: Issue): { readonly rule: string; readonly fix: string } {
  switch (issue.code) {
    case "invalid_type":
      return { rule: `must be ${article(issue.expected)}`, fix: `Write ${article(issue.expected)}` };
    case "invalid_value": {
      const values = issue.values.map((value) => JSON.stringify(value)).join(" or ");
      return { rule: `must be ${values}`, fix: `Write ${values}` };
    }
    case "too_small":
      return bound(issue, "at least", "more than", "or more", issue.minimum);
    case "too_big":
      return bound(issue, "at most", "less than", "or fewer", issue.maximum);
    case "invalid_union": {
      const values = choices(issue.path).join(" or ");
      const rule = values === "" ? "matches none of its forms" : `must be ${values}`;
      return { rule, fix: `Write ${values === "" ? "one of the forms of config/schema.ts" : values}` };
    }
    case "invalid_format":
      return issue.format === "url"
        ? { rule: "must be a URL", fix: 'Write one like "https://example.com/model.gguf"' }
        : { rule: `must match ${issue.pattern ?? issue.format}`, fix: "Write it in that form" };
    default:
      return { rule: issue.message, fix: "See config/schema.ts" };
  }
}

function bound(
  { origin, inclusive }: { readonly origin: string; readonly inclusive?: boolean },
  inclusiveWord: string,
  exclusiveWord: string,
  ending: string,
  limit: number | bigint,
) {
  const unit = { array: " entries", set: " entries", string: " characters" }[origin] ?? "";
  const verb = unit === "" ? "must be" : "must have";
  if (inclusive === false) {
    return { rule: `${verb} ${exclusiveWord} ${String(limit)}${unit}`, fix: `Write ${exclusiveWord} ${String(limit)}` };
  }
  const fewer = unit === "" && ending === "or fewer" ? "or less" : ending;
  return { rule: `${verb} ${inclusiveWord} ${String(limit)}${unit}`, fix: `Write ${String(limit)} ${fewer}` };
}

function article(type: string): string {
  const noun = { int: "whole number", record: "set of key and value", array: "list" }[type] ?? type;
  return `${/^[aeio]/.test(noun) ? "an" : "a"} ${noun}`;
}

function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    input,
  );
}

function withoutUnknownKeys(input: unknown, issues: readonly Issue[]): unknown {
  const copy = structuredClone(input);
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const parent = valueAt(copy, issue.path) as Record<string, unknown>;
    for (const key of issue.keys) Reflect.deleteProperty(parent, key);
  }
  return copy;
}

/** A node of the JSON Schema of the configuration; what the two functions below look at. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly const?: unknown;
}

/** Every schema node that `path` can lead to; more than one where forms are alternatives. */
function nodesAt(path: Path): SchemaNode[] {
  const root = z.toJSONSchema(appConfigSchema, { io: "input", unrepresentable: "any" }) as SchemaNode;
  return path.reduce<SchemaNode[]>(
    (nodes, part) =>
      nodes
        .flatMap((node) => (typeof part === "number" ? node.items : node.properties?.[String(part)]) ?? [])
        .flatMap(alternatives),
    alternatives(root),
  );
}

function alternatives(node: SchemaNode): SchemaNode[] {
  const forms = node.oneOf ?? node.anyOf;
  return forms === undefined ? [node] : forms.flatMap(alternatives);
}

function knownKeys(path: Path): string[] {
  return [...new Set(nodesAt(path).flatMap((node) => Object.keys(node.properties ?? {})))];
}

function choices(path: Path): string[] {
  return [
    ...new Set(nodesAt(path).flatMap(({ const: value }) => (value === undefined ? [] : [JSON.stringify(value)]))),
  ];
}
