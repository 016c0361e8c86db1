import { type Expression } from "./expression.js";
import { literals } from "./json-text.js";
import { KIND_KEYWORDS, kindOf, refuse, type Schema } from "./keywords.js";
import { type SchemaBuilder } from "./schema-builder.js";

/** `enum` and `const`: the values that the types allow. */
export function enumeration(
  builder: SchemaBuilder,
  flat: Schema,
  values: readonly unknown[],
  types: readonly string[],
  path: string,
): Expression {
  const beside = Object.values(KIND_KEYWORDS)
    .flat()
    .find((keyword) => keyword in flat);
  if (beside !== undefined) {
    throw refuse(`${path}.${beside}`, "stands beside enum or const. Leave it out and name only values that it allows");
  }
  return literals(builder.book, fitting(values, types, path));
}

/** The values that are of one of the types. */
export function fitting(values: readonly unknown[], types: readonly string[], path: string): unknown[] {
  const found = values.filter((value) => {
    const kind = kindOf(value);
    return types.includes(kind) || (kind === "number" && Number.isInteger(value) && types.includes("integer"));
  });
  if (found.length === 0) throw refuse(`${path}.enum`, "must be a list with a value of the type");
  if (!isFinite(found)) throw refuse(`${path}.enum`, "has a number that is too large");
  return found;
}

/** False when a number in it was too large for JSON.parse: it would be written as null. */
function isFinite(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isFinite);
}
