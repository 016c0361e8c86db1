import { quoted, refuse, type Schema } from "./keywords.js";

/** llama.cpp refuses repetitions beyond this. */
export const MOST_REPETITIONS = 2000;

/** Reads a pair such as `minItems` and `maxItems`. */
export function bounds(flat: Schema, least: string, most: string, path: string): [number, number | undefined] {
  const read = (keyword: string): number | undefined => {
    const value = flat[keyword];
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
      throw refuse(`${path}.${keyword}`, `(${quoted(value)}) must be a whole number from 0`);
    }
    return value;
  };
  const low = read(least) ?? 0;
  const high = read(most);
  if (low > MOST_REPETITIONS) throw refuse(`${path}.${least}`, `(${low}) must be at most ${MOST_REPETITIONS}`);
  if (high !== undefined && high < low)
    throw refuse(`${path}.${most}`, `(${high}) must not be below ${least} (${low})`);
  // More of them would be valid; they are not written.
  return [low, most === "maxLength" || high === undefined ? high : Math.min(high, MOST_REPETITIONS)];
}
