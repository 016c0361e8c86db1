/** Numbers between bounds, digit by digit: a grammar cannot compare, it can only spell. */
import { choice, type Expression, EMPTY, optional, repeat, sequence, set, text } from "./expression.js";

/** Bounds of a number; undefined where there is none. Both ends belong to the range. */
export interface Range {
  readonly least: number | undefined;
  readonly most: number | undefined;
}

/** Whole numbers from `least` to `most`. Undefined when there is none. */
export function integersBetween({ least, most }: Range): Expression | undefined {
  const low = Math.ceil(Math.max(least ?? -Infinity, -Number.MAX_SAFE_INTEGER));
  const high = Math.floor(Math.min(most ?? Infinity, Number.MAX_SAFE_INTEGER));
  return signed(low, high, naturals);
}

/**
 * Decimals of at most nine digits before the point and six after it, so that no two of them are the same double and what
 * lies between the bounds in writing does so as a number.
 */
const MOST_DECIMAL = 999_999_999;
const PLACES = 6;
const UNIT = 10 ** PLACES;

export interface DecimalRange extends Range {
  /** The bound itself does not belong to the range. */
  readonly above: boolean;
  readonly below: boolean;
}

/** Undefined when no such number can be written. */
export function decimalsBetween({ least, most, above, below }: DecimalRange): Expression | undefined {
  // In millionths everything is a whole number.
  const low = inMillionths(Math.max(least ?? -MOST_DECIMAL, -MOST_DECIMAL), above && least !== undefined, 1);
  const high = inMillionths(Math.min(most ?? MOST_DECIMAL, MOST_DECIMAL), below && most !== undefined, -1);
  return signed(low, high, magnitudes);
}

/** Rounded into the range. */
function inMillionths(bound: number, exclusive: boolean, inward: 1 | -1): number {
  const millionths = Math.round(bound * UNIT);
  const written = millionths / UNIT;
  if (inward === 1 ? written < bound : written > bound) return millionths + inward;
  return written === bound && exclusive ? millionths + inward : millionths;
}

function signed(
  low: number,
  high: number,
  unsigned: (least: number, most: number) => Expression,
): Expression | undefined {
  if (low > high) return undefined;
  const parts: Expression[] = [];
  if (low < 0) parts.push(sequence(text("-"), unsigned(Math.max(1, -high), -low)));
  if (high >= 0) parts.push(unsigned(Math.max(0, low), high));
  return choice(...parts);
}

/** Whole numbers of one length after the other; lengths that are in the range as a whole together. */
function naturals(least: number, most: number): Expression {
  const parts: Expression[] = [];
  const lengths: number[] = [];
  const [shortest, longest] = [String(least).length, String(most).length];
  for (let length = shortest; length <= longest; length += 1) {
    const first = length === 1 ? 0 : 10 ** (length - 1);
    const low = length === shortest ? String(least) : String(first);
    const high = length === longest ? String(most) : "9".repeat(length);
    if (length > 1 && low === String(first) && high === "9".repeat(length)) lengths.push(length);
    else parts.push(sameLength(low, high));
  }
  const [few, many] = [lengths[0], lengths.at(-1)];
  if (few !== undefined && many !== undefined) parts.push(sequence(set("[1-9]"), repeat(DIGIT, few - 1, many - 1)));
  return choice(...parts);
}

function sameLength(low: string, high: string): Expression {
  if (low === "") return EMPTY;
  const rest = low.length - 1;
  return byFirstDigit(low, high, (from, to) =>
    from === "0".repeat(rest) && to === "9".repeat(rest) ? repeat(DIGIT, rest, rest) : sameLength(from, to),
  );
}

/** Numbers from `least` to `most` millionths, the point and trailing zeros left out where they may be. */
function magnitudes(least: number, most: number): Expression {
  const [low, high] = [Math.floor(least / UNIT), Math.floor(most / UNIT)];
  const [after, before] = [least - low * UNIT, most - high * UNIT];
  if (low === high) return sequence(text(String(low)), fraction(after, before));
  const parts = [
    sequence(text(String(low)), fraction(after, UNIT - 1)),
    sequence(text(String(high)), fraction(0, before)),
  ];
  if (high - low > 1) parts.push(sequence(naturals(low + 1, high - 1), fraction(0, UNIT - 1)));
  return choice(...parts);
}

function fraction(least: number, most: number): Expression {
  if (most === 0) return EMPTY;
  const digits = (value: number): string => String(value).padStart(PLACES, "0");
  const written = sequence(text("."), atLeastOne(digits(least), digits(most)));
  return least === 0 ? optional(written) : written;
}

/** Up to as many digits as the bounds have; missing ones count as zeros. */
function atLeastOne(low: string, high: string): Expression {
  return byFirstDigit(low, high, (from, to) => {
    if (from === "") return EMPTY;
    const startsAtZero = /^0*$/.test(from);
    if (startsAtZero && /^9*$/.test(to)) return repeat(DIGIT, 0, from.length);
    const more = atLeastOne(from, to);
    return startsAtZero ? optional(more) : more;
  });
}

/** Splits a range of equally long digit strings by the first digit: the lowest, the highest, and those between. */
function byFirstDigit(low: string, high: string, rest: (low: string, high: string) => Expression): Expression {
  const [first, last] = [Number(low[0]), Number(high[0])];
  const [zeros, nines] = ["0".repeat(low.length - 1), "9".repeat(low.length - 1)];
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  if (first === last) return sequence(digitsFrom(first, last), rest(lowRest, highRest));
  const lowWhole = lowRest === zeros;
  const highWhole = highRest === nines;
  const [from, to] = [lowWhole ? first : first + 1, highWhole ? last : last - 1];
  const parts: Expression[] = [];
  if (!lowWhole) parts.push(sequence(digitsFrom(first, first), rest(lowRest, nines)));
  if (from <= to) parts.push(sequence(digitsFrom(from, to), rest(zeros, nines)));
  if (!highWhole) parts.push(sequence(digitsFrom(last, last), rest(zeros, highRest)));
  return choice(...parts);
}

const DIGIT = set("[0-9]");
const digitsFrom = (from: number, to: number): Expression => set(from === to ? `[${from}]` : `[${from}-${to}]`);
