import { type Expression, optional, repeat, sequence } from "./expression.js";
import { COMMA } from "./json-text.js";
import { type SchemaBuilder } from "./schema-builder.js";

/** `least` to `most` items with commas between them: the inside of an array, and of an object with any names. */
export function list(builder: SchemaBuilder, item: Expression, least: number, most: number | undefined): Expression {
  const more = builder.book.rule(sequence(COMMA, item));
  const items = sequence(item, repeat(more, Math.max(0, least - 1), most === undefined ? undefined : most - 1));
  return least === 0 ? optional(builder.book.rule(items)) : items;
}
