/**
 * Keeps secrets out of a comment. Terraform marks sensitive attributes, but a mark can be lost: a value that was stored
 * by an older configuration or passed through a computed attribute shows in clear in the same plan that masks it
 * elsewhere. So every value that is marked anywhere is removed everywhere.
 */
import { type Json, type Plan } from "./plan";

export const MASK = "(sensitive)";

/** Shorter ones ("1", "true") are in every plan and give nothing away; masking them would only hide the plan. */
const SHORTEST_SECRET = 4;

/** True when `mark` (a tree of `true`s beside a value) marks everything below this point. */
export function isMarked(mark: Json | undefined): boolean {
  return mark === true;
}

/** The part of a mark tree that belongs to one key or index of the value. */
export function markOf(mark: Json | undefined, key: string | number): Json | undefined {
  if (mark === true) return true;
  if (Array.isArray(mark)) return mark[Number(key)];
  if (mark !== null && typeof mark === "object") return mark[key];
  return undefined;
}

/** Every string that the plan marks as sensitive in one place or another, longest first. */
export function sensitiveStrings(plan: Plan): readonly string[] {
  const found = new Set<string>();
  const variables = plan.configuration?.root_module.variables ?? {};
  for (const [name, { value }] of Object.entries(plan.variables ?? {})) {
    if (variables[name]?.sensitive === true && value !== undefined) collect(value, true, found);
  }
  const changes = [...plan.resource_changes.map(({ change }) => change), ...Object.values(plan.output_changes)];
  for (const change of changes) {
    collect(change.before, change.before_sensitive, found);
    collect(change.after, change.after_sensitive, found);
  }
  return [...found].sort((a, b) => b.length - a.length);
}

/** What a program of this environment may print of its secrets: values of Terraform variables, tokens, passwords. */
export function environmentSecrets(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env)
    .filter(([name]) => /^TF_VAR_|SECRET|TOKEN|PASSWORD/.test(name))
    .flatMap(([, value = ""]) => leaves(value))
    .filter((text) => text.length >= SHORTEST_SECRET && !/^(true|false|\d+)$/.test(text))
    .sort((a, b) => b.length - a.length);
}

/** The text with every secret replaced. JSON-escaped forms are caught too: attribute values are shown as JSON. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    clean = clean.replaceAll(secret, MASK).replaceAll(JSON.stringify(secret).slice(1, -1), MASK);
  }
  return clean;
}

function collect(value: Json, mark: Json | undefined, into: Set<string>): void {
  if (isMarked(mark)) {
    for (const text of leaves(value)) if (text.length >= SHORTEST_SECRET) into.add(text);
    return;
  }
  if (value === null || typeof value !== "object") return;
  for (const [key, child] of Object.entries(value)) collect(child, markOf(mark, key), into);
}

/** Multi-line secrets count line by line as well: a diff shows them so. */
function leaves(value: Json): string[] {
  if (typeof value === "string") return [value, ...(value.includes("\n") ? value.split("\n") : [])];
  if (typeof value === "number") return [String(value)];
  if (value === null || typeof value === "boolean") return [];
  return Object.values(value).flatMap((child) => leaves(child));
}
