import { type Expression, sequence } from "./expression.js";
import { CHARACTER, QUOTE, STRING } from "./json-text.js";
import { quoted, refuse, type Schema } from "./keywords.js";
import { UnsupportedPatternError } from "./pattern-piece.js";
import { type SchemaBuilder } from "./schema-builder.js";
import { bounds } from "./size-bounds.js";
import { ANY_TEXT, FORMATS } from "./string-formats.js";
import { patternExpression } from "./string-pattern.js";

/** Longer strings are valid, and are not written: no answer of a default context has room for more. */
const LONGEST_STRING = 10_000;

/** A string: by length, `pattern` or `format`. */
export function stringGrammar(builder: SchemaBuilder, flat: Schema, path: string): Expression {
  const [least, most] = bounds(flat, "minLength", "maxLength", path);
  const { pattern, format: named } = flat;
  const format = ANY_TEXT.has(named) ? undefined : named;
  if (pattern === undefined && format === undefined) {
    if (least === 0 && most === undefined) return STRING;
    return inQuotes(builder, builder.book.characters(CHARACTER, least, most && Math.min(most, LONGEST_STRING)));
  }
  if (pattern !== undefined && format !== undefined) {
    throw refuse(`${path}.pattern`, "stands beside format, and a grammar cannot hold both. Leave one of them out");
  }
  const inside = pattern === undefined ? formatted(builder, format, path) : patterned(builder, pattern, path);
  if (inside.shortest < least || inside.longest > (most ?? Infinity)) {
    const [keyword, bound] = inside.shortest < least ? ["minLength", least] : ["maxLength", most];
    throw refuse(
      `${path}.${keyword}`,
      `(${bound}) stands beside ${pattern === undefined ? "format" : "pattern"}, which also allows other lengths. ` +
        "Write the length into the pattern, such as ^[a-z]{2,8}$",
    );
  }
  return inQuotes(builder, inside);
}

function inQuotes(builder: SchemaBuilder, inside: Expression): Expression {
  return builder.book.rule({ ...sequence(QUOTE, inside, QUOTE), width: inside.width });
}

function patterned(builder: SchemaBuilder, pattern: unknown, path: string): Expression {
  if (typeof pattern !== "string") throw refuse(`${path}.pattern`, `(${quoted(pattern)}) must be a text`);
  try {
    return patternExpression(builder.book, pattern);
  } catch (error) {
    if (!(error instanceof UnsupportedPatternError)) throw error;
    throw refuse(
      `${path}.pattern`,
      `(${quoted(pattern)}) has a part that cannot be turned into a grammar here: ${error.message}`,
    );
  }
}

function formatted(builder: SchemaBuilder, format: unknown, path: string): Expression {
  const pattern = typeof format === "string" ? FORMATS.get(format) : undefined;
  // At each character one reading goes on; where a part may end, its end and its continuation are read beside each other.
  if (pattern !== undefined) return { ...patternExpression(builder.book, `^${pattern}$`), width: 4 };
  const known = [...FORMATS.keys(), ...ANY_TEXT].join(", ");
  throw refuse(
    `${path}.format`,
    `(${quoted(format)}) must be one of ${known}. Leave it out and check it in the client`,
  );
}
