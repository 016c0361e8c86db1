import { EMPTY, optional, sequence, text, widest } from "./expression.js";
import { anyValue, COMMA } from "./json-text.js";
import { constraints, refuse, type Schema } from "./keywords.js";
import { list } from "./list.js";
import { alone, type Place, type SchemaBuilder, union, type Value } from "./schema-builder.js";
import { asSchema } from "./schema-document.js";
import { bounds, MOST_REPETITIONS } from "./size-bounds.js";

/** An array: elements of one schema, or another schema for each of the first ones. */
export function arrayGrammar(builder: SchemaBuilder, flat: Schema, place: Place): Value {
  const { path } = place;
  const { items = true, prefixItems, uniqueItems = false } = flat;
  const [least, most] = bounds(flat, "minItems", "maxItems", path);
  if (uniqueItems !== false && (most === undefined || most > 1)) {
    throw refuse(
      `${path}.uniqueItems`,
      "cannot be turned into a grammar here. Leave it out and check it in the client",
    );
  }
  const inner = { ...place, depth: place.depth + 1, open: [] };
  if (prefixItems !== undefined) return tuple(builder, prefixItems, items, least, most, inner);
  if (most === 0 || items === false) {
    if (least > 0) throw refuse(`${path}.minItems`, `(${least}) asks for elements, and none are allowed`);
    return alone(text("[]"));
  }
  if (constraints(asSchema(items, `${path}.items`)).length === 0 && least === 0 && most === undefined) {
    return alone(anyValue(builder.book, "array"));
  }
  const { expression, uses } = builder.value(items, { ...inner, path: `${path}.items` });
  const elements = list(builder, builder.book.rule(expression), least, most);
  return {
    expression: builder.book.rule({ ...sequence(text("["), elements, text("]")), width: expression.width + 1 }),
    uses,
  };
}

/** The first elements each have their own schema. Further ones are written only where `minItems` asks for them. */
function tuple(
  builder: SchemaBuilder,
  prefix: unknown,
  items: unknown,
  least: number,
  most: number | undefined,
  inner: Place,
): Value {
  const { path } = inner;
  if (!Array.isArray(prefix) || prefix.length > MOST_REPETITIONS) {
    throw refuse(`${path}.prefixItems`, `must be a list of up to ${MOST_REPETITIONS} schemas`);
  }
  const schemas: unknown[] = (prefix as unknown[]).slice(0, most);
  const values = schemas.map((schema, index) =>
    builder.value(schema, { ...inner, path: `${path}.prefixItems[${index}]` }),
  );
  if (values.length < least) {
    const further = builder.value(items, { ...inner, path: `${path}.items` });
    while (values.length < least) values.push(further);
  }
  let rest = EMPTY;
  values.toReversed().forEach(({ expression }, fromEnd) => {
    const index = values.length - 1 - fromEnd;
    const here = builder.book.rule(sequence(index === 0 ? EMPTY : COMMA, expression, rest));
    rest = index < least ? here : builder.book.rule(optional(here));
  });
  return {
    expression: builder.book.rule({
      ...sequence(text("["), rest, text("]")),
      width: widest(values.map(({ expression }) => expression)) + 1,
    }),
    uses: union(values),
  };
}
