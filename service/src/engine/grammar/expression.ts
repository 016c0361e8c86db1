/**
 * Expressions of GBNF, the grammar notation of llama.cpp, with what each of them costs there.
 * https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
 */
export interface Expression {
  /** GBNF. */
  readonly source: string;
  /** True when it can stand in a sequence or be repeated without parentheses. */
  readonly atom: boolean;
  /** Characters, classes and references that llama.cpp keeps for it. */
  readonly elements: number;
  /** Rules that llama.cpp makes of it: one for each group and for each repetition that may be left out. */
  readonly rules: number;
  /** How many readings of the same text llama.cpp may have to follow at once; each costs a look at the vocabulary. */
  readonly width: number;
  /** Characters of the shortest and the longest text. */
  readonly shortest: number;
  readonly longest: number;
  /** True when a text of it can come to an end, given the rules of which that is known. */
  readonly ends: (ending: ReadonlySet<string>) => boolean;
}

export const EMPTY: Expression = {
  source: '""',
  atom: true,
  elements: 0,
  rules: 0,
  width: 1,
  shortest: 0,
  longest: 0,
  ends: () => true,
};

/** These very characters. JSON's escapes of quotes, backslashes and controls are also those of GBNF. */
export function text(characters: string): Expression {
  const { length } = Array.from(characters);
  return { ...EMPTY, source: JSON.stringify(characters), elements: length, shortest: length, longest: length };
}

/** One character of a class, such as `[0-9]`. */
export function set(source: string): Expression {
  return { ...EMPTY, source, elements: source.length, shortest: 1, longest: 1 };
}

/** A rule by its name; the rest is what the rule says of itself. */
export function reference(name: string, { width, shortest, longest }: Expression): Expression {
  return {
    source: name,
    atom: true,
    elements: 1,
    rules: 0,
    width,
    shortest,
    longest,
    ends: (known) => known.has(name),
  };
}

export function sequence(...items: readonly Expression[]): Expression {
  const parts = items.filter((item) => item !== EMPTY);
  const [first = EMPTY] = parts;
  if (parts.length < 2) return first;
  const fixed = parts.every(({ shortest, longest }) => shortest === longest);
  return {
    source: parts.map((item) => bracketed(item).source).join(" "),
    atom: false,
    elements: sum(parts, (item) => bracketed(item).elements),
    rules: sum(parts, (item) => bracketed(item).rules),
    // Where a part may end early, the next one is read beside it.
    width: fixed ? widest(parts) : sum(parts, ({ width }) => width),
    shortest: sum(parts, ({ shortest }) => shortest),
    longest: sum(parts, ({ longest }) => longest),
    ends: (known) => parts.every(({ ends }) => ends(known)),
  };
}

export function choice(...items: readonly Expression[]): Expression {
  const [first = EMPTY] = items;
  if (items.length < 2) return first;
  return {
    source: `(${items.map(({ source }) => source).join(" | ")})`,
    atom: true,
    elements: sum(items, ({ elements }) => elements + 1) + 1,
    rules: 1 + sum(items, ({ rules }) => rules),
    width: sum(items, ({ width }) => width),
    shortest: Math.min(...items.map(({ shortest }) => shortest)),
    longest: Math.max(...items.map(({ longest }) => longest)),
    ends: (known) => items.some(({ ends }) => ends(known)),
  };
}

/** `least` to `most` times; without `most` as often as you like. llama.cpp takes neither above 2000. */
export function repeat(item: Expression, least: number, most?: number): Expression {
  if (most === 0 || item === EMPTY) return EMPTY;
  if (least === 1 && most === 1) return item;
  const once = bracketed(item);
  const optional = most === undefined ? 1 : most - least;
  const varies = item.shortest !== item.longest;
  return {
    source: `${once.source}{${least === most ? least : `${least},${most ?? ""}`}}`,
    atom: false,
    elements: once.elements * least + optional * (once.elements + 3) + 1,
    rules: once.rules + optional,
    width: varies && most !== undefined ? item.width * most : item.width,
    shortest: item.shortest * least,
    longest: item.longest * (most ?? Infinity),
    ends: (known) => least === 0 || item.ends(known),
  };
}

export const optional = (item: Expression): Expression => repeat(item, 0, 1);

export const widest = (items: readonly Expression[]): number => Math.max(1, ...items.map(({ width }) => width));

function bracketed(item: Expression): Expression {
  if (item.atom) return item;
  return { ...item, source: `(${item.source})`, atom: true, elements: item.elements + 2, rules: item.rules + 1 };
}

function sum(items: readonly Expression[], of: (item: Expression) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
