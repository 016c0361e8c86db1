import { choice, EMPTY, type Expression, optional, sequence, text, widest } from "./expression.js";
import { anyValue, COLON, COMMA, literals } from "./json-text.js";
import { constraints, quoted, refuse, type Schema } from "./keywords.js";
import { list } from "./list.js";
import { propertiesOf } from "./merge-schemas.js";
import { alone, type Place, type SchemaBuilder, union, type Value } from "./schema-builder.js";
import { asSchema } from "./schema-document.js";
import { bounds } from "./size-bounds.js";

/** An object: the properties of the schema in their order, or names that it does not list. */
export function objectGrammar(builder: SchemaBuilder, flat: Schema, place: Place): Value {
  const { path } = place;
  const properties = membersOf(builder, flat, path);
  const [least, most] = bounds(flat, "minProperties", "maxProperties", path);
  if (properties.length === 0) return map(builder, flat, least, most, place);
  const always = properties.filter(({ required }) => required).length;
  if (always < least) {
    throw refuse(`${path}.minProperties`, `(${least}) is more than the ${always} properties that are required`);
  }
  if (properties.length > (most ?? Infinity)) {
    throw refuse(`${path}.maxProperties`, `(${most}) is less than the ${properties.length} properties of the schema`);
  }
  if (flat.propertyNames !== undefined) throw refuse(`${path}.propertyNames`, "stands beside properties. Leave it out");
  const values = properties.map(({ name, schema }) =>
    builder.value(schema, { ...place, path: `${path}.properties.${name}`, depth: place.depth + 1, open: [] }),
  );
  const members = properties.map(({ name, required }, index) => ({
    required,
    expression: builder.book.rule(sequence(literals(builder.book, [name]), COLON, values[index]?.expression ?? EMPTY)),
  }));
  const run = longestRun(members.map(({ required }) => required));
  return {
    expression: builder.book.rule({
      ...sequence(text("{"), chain(builder, members), text("}")),
      width: widest(values.map(({ expression }) => expression)) + run,
    }),
    uses: union(values),
  };
}

/** The properties in the order of the schema; those that may be left out may be left out. */
function chain(
  builder: SchemaBuilder,
  members: readonly {
    readonly required: boolean;
    readonly expression: Expression;
  }[],
): Expression {
  let later = EMPTY;
  let first = EMPTY;
  for (const { required, expression } of members.toReversed()) {
    const here = sequence(expression, later);
    const next = sequence(COMMA, expression, later);
    if (required) first = builder.book.rule(here);
    else first = first === EMPTY ? optional(builder.book.rule(here)) : builder.book.rule(choice(here, first));
    if (required) later = builder.book.rule(next);
    else later = later === EMPTY ? builder.book.rule(optional(next)) : builder.book.rule(choice(next, later));
  }
  return first;
}

function membersOf(
  builder: SchemaBuilder,
  flat: Schema,
  path: string,
): { name: string; schema: unknown; required: boolean }[] {
  const { required = [], additionalProperties = true } = flat;
  if (!Array.isArray(required) || required.some((name) => typeof name !== "string")) {
    throw refuse(`${path}.required`, `(${quoted(required)}) must be a list of names`);
  }
  const properties = propertiesOf(flat, path);
  const names = new Set(required as string[]);
  const described = Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    required: builder.document.isAlwaysWritten(flat, name, path),
  }));
  // What is required and not described follows the rule for all others.
  const others = [...names]
    .filter((name) => !Object.hasOwn(properties, name))
    .map((name) => ({ name, schema: additionalProperties, required: true }));
  return [...described, ...others].filter(({ name, schema, required: needed }) => {
    if (schema === false && needed) throw refuse(`${path}.required`, `names ${quoted(name)}, which is not allowed`);
    return schema !== false;
  });
}

/** An object whose names the schema does not list. */
function map(builder: SchemaBuilder, flat: Schema, least: number, most: number | undefined, place: Place): Value {
  const { path } = place;
  const { additionalProperties = true, propertyNames } = flat;
  if (most === 0 || additionalProperties === false) {
    if (least > 0) throw refuse(`${path}.minProperties`, `(${least}) asks for properties, and none are allowed`);
    return alone(text("{}"));
  }
  // A name may come twice, and then counts once.
  if (least > 1) throw refuse(`${path}.minProperties`, `(${least}) must be 0 or 1: a grammar cannot tell names apart`);
  if (
    propertyNames === undefined &&
    constraints(asSchema(additionalProperties, path)).length === 0 &&
    least === 0 &&
    most === undefined
  ) {
    return alone(anyValue(builder.book, "object"));
  }
  const inner = { ...place, depth: place.depth + 1, open: [] };
  const name = builder.value(
    { allOf: [{ type: "string" }, propertyNames ?? true] },
    { ...inner, path: `${path}.propertyNames` },
  );
  const value = builder.value(additionalProperties, { ...inner, path: `${path}.additionalProperties` });
  const member = builder.book.rule(sequence(name.expression, COLON, value.expression));
  return {
    expression: builder.book.rule({
      ...sequence(text("{"), list(builder, member, least, most), text("}")),
      width: widest([name.expression, value.expression]) + 1,
    }),
    uses: union([name, value]),
  };
}

/** The longest row of members that may be left out, each of which begins like its neighbours. */
function longestRun(required: readonly boolean[]): number {
  let [longest, run] = [0, 0];
  for (const needed of required) {
    run = needed ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest;
}
