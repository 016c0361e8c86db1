/** The attributes of one change as lines of a diff: `+ name = value`, `- name = value`, `! name = old -> new`. */
import { type Change, type Json, type ResourceChange } from "./plan";
import { isMarked, markOf, MASK } from "./secrets";

const UNKNOWN = "(known after apply)";
/** A longer value (a policy, a script) is cut: the whole of it is in the log of the run. */
const LONGEST_VALUE = 240;

interface Side {
  readonly value: Json | undefined;
  readonly sensitive: Json | undefined;
  readonly unknown?: Json | undefined;
}

/** One line for every attribute that differs, in alphabetical order of its path. */
export function attributeLines({ change }: Pick<ResourceChange, "change">): string[] {
  const before: Side = { value: change.before ?? undefined, sensitive: change.before_sensitive };
  const after: Side = {
    value: change.after ?? undefined,
    sensitive: change.after_sensitive,
    unknown: change.after_unknown,
  };
  return differences("", before, after, replacePaths(change)).map((line) => line.slice(0, LONGEST_VALUE * 3));
}

function differences(path: string, before: Side, after: Side, forces: readonly string[]): string[] {
  // A marked branch is never entered: not even its keys or its length are shown.
  if (isMarked(before.sensitive) || isMarked(after.sensitive) || isMarked(after.unknown)) {
    return line(path, before, after, forces);
  }
  const keys = [...new Set([...keysOf(before.value), ...keysOf(after.value), ...keysOf(after.unknown)])];
  if (keys.length === 0 || isScalar(before.value) || isScalar(after.value)) return line(path, before, after, forces);
  return keys
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .flatMap((key) => differences(path === "" ? key : `${path}.${key}`, child(before, key), child(after, key), forces));
}

function line(path: string, before: Side, after: Side, forces: readonly string[]): string[] {
  const hasAfter = isPresent(after.value) || isMarked(after.unknown);
  const hasBefore = isPresent(before.value);
  if (!hasAfter && !hasBefore) return [];
  if (JSON.stringify(before.value) === JSON.stringify(after.value) && !isMarked(after.unknown)) return [];
  const note = forces.some((forced) => related(forced, path)) ? "  # forces replacement" : "";
  if (!hasBefore) return [`+ ${path} = ${show(after)}${note}`];
  if (!hasAfter) return [`- ${path} = ${show(before)}${note}`];
  return [`! ${path} = ${show(before)} -> ${show(after)}${note}`];
}

function show({ value, sensitive, unknown }: Side): string {
  if (isMarked(sensitive)) return MASK;
  if (isMarked(unknown)) return UNKNOWN;
  const text = JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}... (${text.length} characters)`;
}

function child({ value, sensitive, unknown }: Side, key: string): Side {
  return { value: childValue(value, key), sensitive: markOf(sensitive, key), unknown: markOf(unknown, key) };
}

function keysOf(value: Json | undefined): string[] {
  return value !== null && typeof value === "object" ? Object.keys(value) : [];
}

function isScalar(value: Json | undefined): boolean {
  return value !== undefined && value !== null && typeof value !== "object";
}

/** Terraform writes null, [] and {} for what is not set. */
function isPresent(value: Json | undefined): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

function replacePaths(change: Change): string[] {
  return (change.replace_paths ?? []).map((path) => path.join("."));
}

/** Terraform may name a block whose attributes are shown, or an element of a list that is shown as one. */
function related(forced: string, shown: string): boolean {
  return forced === shown || shown.startsWith(`${forced}.`) || forced.startsWith(`${shown}.`);
}

function childValue(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) return value[Number(key)];
  return value !== null && typeof value === "object" ? value[key] : undefined;
}
