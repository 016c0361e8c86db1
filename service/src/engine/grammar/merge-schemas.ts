import { constraints, isSchema, quoted, refuse, type Schema, typesOf } from "./keywords.js";

/** What is valid under both schemas: `allOf`, and keywords beside a `$ref`. */
export function merge(left: Schema, right: Schema, path: string): Schema {
  const merged: Record<string, unknown> = {};
  for (const keyword of new Set([...constraints(left), ...constraints(right)])) {
    const [a, b] = [left[keyword], right[keyword]];
    if (APART.has(keyword)) continue;
    if (a === undefined || b === undefined) merged[keyword] = a ?? b;
    else if (same(a, b)) merged[keyword] = a;
    else merged[keyword] = both(keyword, a, b, left, right, path);
  }
  const values = intersect(allowed(left), allowed(right));
  if (values) {
    if (values.length === 0)
      throw refuse(path, "has parts that no value fits together: their enum and const exclude each other");
    merged.enum = values;
  }
  return { ...merged, ...mergeObjects(left, right, path), ...mergeArrays(left, right, path) };
}

/** Keywords that cannot be merged without a look at their neighbours. */
const APART = new Set(["properties", "additionalProperties", "prefixItems", "items", "const"]);

/** The values that `const` or `enum` leave; undefined when they leave all. */
export function allowed(schema: Schema): readonly unknown[] | undefined {
  const listed = Array.isArray(schema.enum) ? (schema.enum as unknown[]) : undefined;
  return "const" in schema ? intersect([schema.const], listed) : listed;
}

function intersect(
  left: readonly unknown[] | undefined,
  right: readonly unknown[] | undefined,
): readonly unknown[] | undefined {
  if (!left || !right) return left ?? right;
  const known = new Set(right.map(canonical));
  return left.filter((value) => known.has(canonical(value)));
}

export function excludeEachOther(left: readonly unknown[] | undefined, right: readonly unknown[] | undefined): boolean {
  return left !== undefined && right !== undefined && intersect(left, right)?.length === 0;
}

/** The same text for the same JSON value, in whatever order its properties stand. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isSchema(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

function both(keyword: string, a: unknown, b: unknown, left: Schema, right: Schema, path: string): unknown {
  switch (keyword) {
    case "enum":
      return a;
    case "type":
      return commonTypes(typesOf(left, path) ?? [], typesOf(right, path) ?? [], path);
    case "required":
      return [...(Array.isArray(a) ? (a as unknown[]) : [a]), ...(Array.isArray(b) ? (b as unknown[]) : [b])];
    case "propertyNames":
      return { allOf: [a, b] };
    case "minimum":
    case "exclusiveMinimum":
    case "minLength":
    case "minItems":
    case "minProperties":
      if (typeof a === "number" && typeof b === "number") return Math.max(a, b);
      break;
    case "maximum":
    case "exclusiveMaximum":
    case "maxLength":
    case "maxItems":
    case "maxProperties":
      if (typeof a === "number" && typeof b === "number") return Math.min(a, b);
  }
  throw refuse(
    `${path}.${keyword}`,
    `stands in two parts of allOf, as ${quoted(a)} and ${quoted(b)}, and the two cannot be joined. Write one ${keyword} that means both`,
  );
}

function commonTypes(left: string[], right: string[], path: string): string[] {
  const accepts = (types: string[], type: string): boolean =>
    types.includes(type) || (type === "integer" && types.includes("number"));
  const common = [...left.filter((type) => accepts(right, type)), ...right.filter((type) => accepts(left, type))];
  if (common.length === 0) throw refuse(`${path}.type`, "has no type that all parts of allOf allow");
  return [...new Set(common)];
}

/** A property of one side also has to pass what the other side says of properties that it does not name. */
function mergeObjects(left: Schema, right: Schema, path: string): Schema {
  const [mine, theirs] = [propertiesOf(left, path), propertiesOf(right, path)];
  const properties: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const name of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const parts = [
      Object.hasOwn(mine, name) ? mine[name] : (left.additionalProperties ?? true),
      Object.hasOwn(theirs, name) ? theirs[name] : (right.additionalProperties ?? true),
    ];
    properties[name] = conjunction(parts);
  }
  const others = [left.additionalProperties, right.additionalProperties].filter((schema) => schema !== undefined);
  return {
    ...(left.properties === undefined && right.properties === undefined ? {} : { properties }),
    ...(others.length === 0 ? {} : { additionalProperties: conjunction(others) }),
  };
}

/** `items` speaks of the elements behind the `prefixItems` of its own side. */
function mergeArrays(left: Schema, right: Schema, path: string): Schema {
  const [mine, theirs] = [prefixOf(left, path), prefixOf(right, path)];
  const prefix = (mine.length > theirs.length ? mine : theirs).map((_, index) =>
    conjunction([mine[index] ?? left.items ?? true, theirs[index] ?? right.items ?? true]),
  );
  const items = [left.items, right.items].filter((schema) => schema !== undefined);
  return {
    ...(prefix.length === 0 ? {} : { prefixItems: prefix }),
    ...(items.length === 0 ? {} : { items: conjunction(items) }),
  };
}

function prefixOf({ prefixItems }: Schema, path: string): readonly unknown[] {
  if (prefixItems === undefined) return [];
  if (!Array.isArray(prefixItems))
    throw refuse(`${path}.prefixItems`, `(${quoted(prefixItems)}) must be a list of schemas`);
  return prefixItems as unknown[];
}

export function propertiesOf({ properties }: Schema, path: string): Schema {
  if (properties === undefined) return {};
  if (!isSchema(properties)) throw refuse(`${path}.properties`, `(${quoted(properties)}) must be an object`);
  return properties;
}

/** One schema for all of them. */
function conjunction(schemas: readonly unknown[]): unknown {
  if (schemas.includes(false)) return false;
  const distinct = schemas.filter(
    (schema, index) => schema !== true && schemas.findIndex((other) => same(other, schema)) === index,
  );
  if (distinct.length === 0) return true;
  return distinct.length === 1 ? distinct[0] : { allOf: distinct };
}

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
