import { choice } from "./expression.js";
import { fitting } from "./enumeration.js";
import { literals } from "./json-text.js";
import { constraints, type Kind, refuse, type Schema } from "./keywords.js";
import { allowed, excludeEachOther } from "./merge-schemas.js";
import { alone, type Place, type SchemaBuilder, union, type Value } from "./schema-builder.js";
import { asSchema, ownTypes } from "./schema-document.js";

/** Alternatives that begin alike multiply with each element of a list that a token spans. */
const MOST_ALIKE = 32;
const MOST_ALTERNATIVES = 128;

interface Branch {
  readonly schema: unknown;
  readonly path: string;
}

/** A value of one of several schemas: `anyOf`, and `oneOf` where its schemas exclude each other. */
export function alternativesGrammar(
  builder: SchemaBuilder,
  flat: Schema,
  keyword: "anyOf" | "oneOf",
  place: Place,
): Value {
  const { path } = place;
  const { [keyword]: listed, ...base } = flat;
  if (!Array.isArray(listed) || listed.length === 0) throw refuse(`${path}.${keyword}`, "must be a list of schemas");
  const beside = constraints(base).length > 0;
  const branches = listed.map((branch: unknown, index) => ({
    schema: beside ? { allOf: [base, branch] } : branch,
    path: `${path}.${keyword}[${index}]`,
  }));
  if (keyword === "oneOf") refuseOverlap(builder, branches);
  const named = namedValues(builder, branches);
  if (named) return alone(literals(builder.book, named));
  const values = branches.map((branch) =>
    builder.value(branch.schema, { ...place, path: branch.path, depth: place.depth + 1 }),
  );
  const groups = new Map<Kind, number[]>();
  branches.forEach((branch, index) => {
    for (const kind of builder.document.kinds(branch.schema, branch.path)) {
      const group = groups.get(kind);
      if (group) group.push(index);
      else groups.set(kind, [index]);
    }
  });
  let width = 1;
  for (const [kind, members] of groups) {
    const widths = members.map((index) => values[index]?.expression.width ?? 1);
    const toldApart =
      kind === "object" &&
      areToldApart(
        builder,
        members.map((index) => branches[index]?.schema),
        path,
      );
    if ((kind === "object" || kind === "array") && !toldApart && members.length > 1) {
      builder.ambiguity.addFork(
        place.owner,
        members.map((index) => values[index]?.uses ?? new Set()),
        path,
      );
    }
    const together = widths.reduce((total, one) => total + one, 0);
    if (!toldApart && members.length > 1 && together > MOST_ALIKE) {
      throw refuse(
        path,
        `has alternatives for ${kind} values that can be read in ${together} ways at once, more than ${MOST_ALIKE}. ` +
          "Use fewer, an enum, or objects with another const as their first property",
      );
    }
    width = Math.max(width, toldApart ? Math.max(members.length, ...widths) : together);
  }
  return {
    expression: { ...choice(...values.map(({ expression }) => expression)), width },
    uses: union(values),
  };
}

/** The values of alternatives that only name values: one enum, which is one tree. */
function namedValues(builder: SchemaBuilder, branches: readonly Branch[]): unknown[] | undefined {
  const named: unknown[] = [];
  for (const { schema, path } of branches) {
    const flat = builder.document.flatten(asSchema(schema, path), path);
    const values = allowed(flat);
    if (!values || constraints(flat).some((keyword) => !["enum", "const", "type"].includes(keyword))) return undefined;
    named.push(...fitting(values, ownTypes(flat, path), path));
  }
  return named;
}

/** With `oneOf` a value must fit one schema and no other. */
function refuseOverlap(builder: SchemaBuilder, branches: readonly Branch[]): void {
  if (branches.length > MOST_ALTERNATIVES) {
    throw refuse(branches[0]?.path ?? "", `is one of more than ${MOST_ALTERNATIVES} alternatives of oneOf. Use anyOf`);
  }
  branches.forEach((one, index) => {
    for (const other of branches.slice(0, index)) {
      if (builder.document.areDisjoint(one.schema, other.schema, one.path)) continue;
      throw refuse(
        one.path,
        `may allow a value that ${other.path} allows too, and oneOf forbids such. Use anyOf, or a property with another const in each`,
      );
    }
  });
}

/** True when each alternative begins with the same property and none of its values is another's. */
function areToldApart(builder: SchemaBuilder, schemas: readonly unknown[], path: string): boolean {
  const first = schemas.map((schema) => builder.document.firstValues(schema, path));
  const seen: unknown[] = [];
  return first.every((property) => {
    if (!property || property.name !== first[0]?.name || !excludeEachOther(seen, property.values)) return false;
    seen.push(...property.values);
    return true;
  });
}
