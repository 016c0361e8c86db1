import { type Expression } from "./expression.js";
import { INTEGER, NUMBER } from "./json-text.js";
import { quoted, refuse, type Schema } from "./keywords.js";
import { decimalsBetween, integersBetween } from "./number-range.js";

/** A number or a whole number, within its bounds. */
export function numberGrammar(flat: Schema, type: "integer" | "number", path: string): Expression {
  const [minimum, maximum] = [numeric(flat, "minimum", path), numeric(flat, "maximum", path)];
  const [over, under] = [numeric(flat, "exclusiveMinimum", path), numeric(flat, "exclusiveMaximum", path)];
  const bounded = [minimum, maximum, over, under].some((bound) => bound !== undefined);
  if (!bounded) return type === "integer" ? INTEGER : NUMBER;
  const above = over !== undefined && over >= (minimum ?? -Infinity);
  const below = under !== undefined && under <= (maximum ?? Infinity);
  const [least, most] = [above ? over : minimum, below ? under : maximum];
  const range =
    type === "integer"
      ? integersBetween({
          least: above && least !== undefined ? Math.floor(least) + 1 : least,
          most: below && most !== undefined ? Math.ceil(most) - 1 : most,
        })
      : decimalsBetween({ least, most, above, below });
  if (!range) {
    throw refuse(
      path,
      "has bounds between which no number of nine digits before the point and six after it can be written",
    );
  }
  return range;
}

function numeric(flat: Schema, keyword: string, path: string): number | undefined {
  const bound = flat[keyword];
  if (bound === undefined) return undefined;
  if (typeof bound === "number" && Number.isFinite(bound)) return bound;
  throw refuse(`${path}.${keyword}`, `(${quoted(bound)}) must be a number`);
}
