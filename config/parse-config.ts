import { z } from "zod";

import { type Problem } from "./config-error";
import { closest } from "./did-you-mean";
import { appConfigSchema, type AppConfig } from "./schema";

/**
 * Checks a configuration against the schema and reports all problems at once, one for each value.
 *
 * The configuration comes back beside its problems when they are only unknown keys and values out of bounds, so that the
 * rules can still look at it; a missing value or one of the wrong type leaves none.
 */
export function parseConfig(input: unknown): {
  readonly config: AppConfig | undefined;
  readonly problems: readonly Problem[];
} {
  let config: AppConfig | undefined;
  // Runs in spite of problems that leave the type of the value intact.
  const parse = (value: unknown) => appConfigSchema.superRefine((parsed) => void (config = parsed)).safeParse(value);
  const first = parse(input).error?.issues ?? [];
  const unknownKeys = first.flatMap((issue) => unknownKeyProblems(issue, input));
  const rest = unknownKeys.length === 0 ? first : (parse(withoutUnknownKeys(input, first)).error?.issues ?? []);
  return { config, problems: [...unknownKeys, ...problemsOf(rest, input, jsonSchema)] };
}

/** The problems of a single value, as the schema words them for the same value in a file. */
export function valueProblems(path: string, schema: z.ZodType, value: unknown): Problem[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return problemsOf(issues, value, () => toJsonSchema(schema)).map((problem) => ({ ...problem, path }));
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
type Wording = Pick<Problem, "rule" | "fix">;

function unknownKeyProblems(issue: Issue, input: unknown): Problem[] {
  if (issue.code !== "unrecognized_keys") return [];
  const parent = valueAt(input, issue.path);
  const forms = nodesAt(jsonSchema(), issue.path);
  const present = forms.filter((form) => contradiction(form, parent) === undefined);
  const known = [...new Set(present.flatMap(({ properties }) => Object.keys(properties ?? {})))];
  return issue.keys.map((key) => ({
    path: pathText([...issue.path, key]),
    actual: valueAt(parent, [key]),
    ...unknownKeyWording(key, known, forms, parent),
  }));
}

function unknownKeyWording(key: string, known: readonly string[], forms: readonly Node[], parent: unknown): Wording {
  const other = forms.find(({ properties }) => properties?.[key] !== undefined);
  const differs = other && contradiction(other, parent);
  if (differs !== undefined) {
    const [name, value] = differs;
    return {
      rule: `is a key of ${name}: ${show(value)}, and here ${name} is ${show(valueAt(parent, [name]))}`,
      fix: `Remove it, or write ${name}: ${show(value)}`,
    };
  }
  const meant = closest(key, known);
  return {
    rule: "is not a known key",
    fix: meant === undefined ? `Known here: ${known.join(", ")}` : `Did you mean "${meant}"?`,
  };
}

/** The key by which a form of a union is chosen and its value there, when `parent` chose another form. */
function contradiction({ properties = {} }: Node, parent: unknown): [name: string, value: unknown] | undefined {
  const chosen = Object.entries(properties).find(
    ([name, node]) => node.const !== undefined && node.const !== valueAt(parent, [name]),
  );
  return chosen && [chosen[0], chosen[1].const];
}

/** One problem for each path: a value that breaks a bound may break a pattern as well. */
function problemsOf(issues: readonly Issue[], input: unknown, root: () => Node): Problem[] {
  const problems = new Map<string, Problem>();
  for (const issue of issues) {
    const path = pathText(issue.path);
    const actual = valueAt(input, issue.path);
    if (!problems.has(path)) problems.set(path, { path, actual, ...wording(issue, input, root) });
  }
  return [...problems.values()];
}

/** More than a reader compares. */
const MOST_CHOICES = 8;

function wording(issue: Issue, input: unknown, root: () => Node): Wording {
  const actual = valueAt(input, issue.path);
  const own = issue.code === "custom" ? (issue.params as Wording | undefined) : undefined;
  if (own !== undefined) return { rule: own.rule, fix: own.fix };
  const nodes = nodesAt(root(), issue.path, input);
  const expected = expectation(nodes);
  const meta = nodes.find((node) => node.rule !== undefined);
  if (actual === undefined) {
    const name = pathText(issue.path.slice(-1));
    const tooMany = choices(nodes).length > MOST_CHOICES && meta?.fix !== undefined;
    return { rule: "is missing", fix: tooMany ? `Set ${name}. ${meta.fix}` : `Write ${name}: ${expected}` };
  }
  const meant = typeof actual === "string" ? closest(actual, choices(nodes).map(String)) : undefined;
  return {
    rule: meta?.rule ?? `must be ${expected}`,
    fix: meant === undefined ? (meta?.fix ?? `Write ${expected}`) : `Did you mean "${meant}"?`,
  };
}

/** What may be written at a place, e.g. `a whole number from 1 to 16` or `"single" or "per-zone"`. */
function expectation(nodes: readonly Node[]): string {
  const values = choices(nodes);
  if (values.length > 0) return values.map(show).join(" or ");
  const [node] = nodes;
  const forms = nodes.flatMap(({ properties = {} }) => Object.entries(properties));
  const tags = forms
    .filter(([, form]) => form.const !== undefined)
    .map(([name, form]) => `{ ${name}: ${show(form.const)}, ... }`);
  if (tags.length > 0) return [...new Set(tags)].join(" or ");
  switch (node?.type) {
    case "integer":
    case "number":
      return `a ${node.type === "integer" ? "whole number" : "number"}${range(node)}`;
    case "array":
      return `a list${count(node)}`;
    case "object":
      return shape(nodes);
    case "boolean":
      return "true or false";
    default:
      return node?.fix === undefined ? "a text" : `a text. ${node.fix}`;
  }
}

/** The keys that must be there; where none must, all that may. */
function shape(nodes: readonly Node[]): string {
  const required = new Set(nodes.flatMap((node) => node.required ?? []));
  const all = new Set(nodes.flatMap(({ properties = {} }) => Object.keys(properties)));
  if (all.size === 0) return "{ key: value, ... }";
  if (required.size === 0) return `{ ${[...all].join(", ")} }`;
  return `{ ${[...required].join(", ")}${required.size < all.size ? ", ..." : ""} }`;
}

function range({ minimum, exclusiveMinimum, maximum = Number.MAX_SAFE_INTEGER }: Node): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum === undefined) return "";
  return maximum < Number.MAX_SAFE_INTEGER ? ` from ${minimum} to ${maximum}` : `, ${minimum} or more`;
}

function count({ minItems, maxItems }: Node): string {
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems} entries`;
  if (minItems !== undefined) return ` of at least ${minItems} ${minItems === 1 ? "entry" : "entries"}`;
  return maxItems === undefined ? "" : ` of at most ${maxItems} entries`;
}

function show(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
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

/** A node of the JSON Schema of the configuration, as far as the wording of problems needs it. */
interface Node {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  /** Values of a map; false where other keys are refused. */
  readonly additionalProperties?: Node | false;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** Metadata of `fields.ts`. */
  readonly rule?: string;
  readonly fix?: string;
}

function toJsonSchema(schema: z.ZodType): Node {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Node;
}

let root: Node | undefined;

function jsonSchema(): Node {
  return (root ??= toJsonSchema(appConfigSchema));
}

/** Every schema node that `path` can lead to; more than one where forms are alternatives that `input` does not decide. */
function nodesAt(start: Node, path: Path, input?: unknown): Node[] {
  return path.reduce<Node[]>((nodes, part, depth) => {
    const parent = valueAt(input, path.slice(0, depth));
    const chosen = input === undefined ? nodes : nodes.filter((node) => contradiction(node, parent) === undefined);
    return (chosen.length > 0 ? chosen : nodes)
      .flatMap((node) => (typeof part === "number" ? node.items : member(node, String(part))) ?? [])
      .flatMap(alternatives);
  }, alternatives(start));
}

function member({ properties, additionalProperties }: Node, name: string): Node | undefined {
  return properties?.[name] ?? (additionalProperties === false ? undefined : additionalProperties);
}

function alternatives(node: Node): Node[] {
  const forms = node.oneOf ?? node.anyOf;
  return forms === undefined ? [node] : forms.flatMap(alternatives);
}

function choices(nodes: readonly Node[]): unknown[] {
  const values = nodes.flatMap((node) => node.enum ?? (node.const === undefined ? [] : [node.const]));
  return [...new Set(values)];
}
