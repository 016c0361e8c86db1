/**
 * Pieces of a pattern with the characters at which they can be read in two ways.
 *
 * llama.cpp tries each token of the vocabulary along every reading of the text, one path after the other. Where `[a-z]*`
 * stands beside `[a-z]*`, a token of 16 letters has 17 paths; eight in a row give it 245,000, and one token of the answer
 * then takes minutes. So readings are counted, and what multiplies them in a repetition is refused.
 */
import { choice, type Expression, repeat, sequence } from "./expression.js";
import { type RuleBook } from "./rule-book.js";

/** What cannot be spelled; the message says which piece of the pattern it is. */
export class UnsupportedPatternError extends Error {}

/** A set of characters: a bit for each ASCII one, and one for all others. */
export type Characters = bigint;

export interface Piece {
  readonly expression: Expression;
  /** Characters that it can begin with. */
  readonly first: Characters;
  /** Characters that can go on with it where it might have ended. */
  readonly more: Characters;
  readonly alphabet: Characters;
  /** Places at which a text can be read in two ways. */
  readonly forks: number;
  /** The only text that it matches, where it is one. */
  readonly literal?: string;
}

/** Each doubles the paths at worst, and five stars beside each other give a token of 16 letters 20,000. */
const MOST_FORKS = 5;

export function character(expression: Expression, characters: Characters, literal?: string): Piece {
  return {
    expression,
    first: characters,
    more: 0n,
    alphabet: characters,
    forks: 0,
    ...(literal === undefined ? {} : { literal }),
  };
}

export function inSequence(pieces: readonly Piece[]): Piece {
  let [first, more, alphabet, forks, restMayBeEmpty] = [0n, 0n, 0n, 0, true];
  // From the end: what a piece can be confused with is whatever may follow it.
  for (const piece of pieces.toReversed()) {
    const mayBeEmpty = piece.expression.shortest === 0;
    forks += piece.forks + ((piece.more & first) === 0n ? 0 : 1);
    if (restMayBeEmpty) more |= piece.more | first;
    first = mayBeEmpty ? piece.first | first : piece.first;
    alphabet |= piece.alphabet;
    restMayBeEmpty &&= mayBeEmpty;
  }
  const literals = pieces.map(({ literal }) => literal);
  return {
    expression: sequence(...pieces.map(({ expression }) => expression)),
    first,
    more,
    alphabet,
    forks: bounded(forks),
    ...(literals.includes(undefined) ? {} : { literal: literals.join("") }),
  };
}

export function oneOf(pieces: readonly Piece[]): Piece {
  const [only] = pieces;
  if (only && pieces.length === 1) return only;
  let [first, more, alphabet, forks, overlap] = [0n, 0n, 0n, 0, false];
  const literal = pieces.every((piece) => piece.literal !== undefined);
  const alike = new Set(pieces.map(({ expression }) => expression.longest)).size === 1;
  const distinct = new Set(pieces.map((piece) => piece.literal)).size === pieces.length;
  for (const piece of pieces) {
    if ((piece.first & first) !== 0n) {
      overlap = true;
      // Different words that begin alike part soon.
      if (!literal) forks += 1;
    }
    forks += piece.forks;
    first |= piece.first;
    more |= piece.more;
    alphabet |= piece.alphabet;
  }
  return {
    expression: choice(...pieces.map(({ expression }) => expression)),
    first,
    // One alternative may be the beginning of another, but not where all are different words of one length.
    more: overlap && !(literal && alike && distinct) ? alphabet : more,
    alphabet,
    forks: bounded(forks),
  };
}

export function counted(book: RuleBook, piece: Piece, least: number, most: number | undefined): Piece {
  const { expression, first, more, forks } = piece;
  if (expression.shortest === 0) throw new UnsupportedPatternError("a count of something that may be empty");
  const again = most === undefined || most > 1;
  if (again && ((more & first) !== 0n || forks > 0)) {
    throw new UnsupportedPatternError(
      "a repeated part that can be divided in several ways, such as ([a-z]+)* or (a|[a-z])*",
    );
  }
  const once = book.rule(expression);
  return {
    first,
    alphabet: piece.alphabet,
    forks,
    expression:
      expression.longest === 1 && most !== undefined ? book.characters(once, least, most) : repeat(once, least, most),
    more: least === most ? more : more | first,
  };
}

function bounded(forks: number): number {
  if (forks <= MOST_FORKS) return forks;
  throw new UnsupportedPatternError(
    `more than ${MOST_FORKS} places that can be read in two ways, such as [a-z]*[a-z]*. Put a character between them that neither takes`,
  );
}
