/**
 * Draws random texts from a GBNF grammar: what a model without any sense may write under it. It needs no model, so a
 * property can look at thousands of texts.
 */
type Node =
  | { readonly kind: "characters"; readonly draw: (random: Random) => string }
  | { readonly kind: "rule"; readonly name: string }
  | { readonly kind: "sequence"; readonly items: readonly Node[] }
  | { readonly kind: "choice"; readonly items: readonly Node[] }
  | { readonly kind: "repeat"; readonly item: Node; readonly least: number; readonly most: number };

/** A number from 0 up to 1. */
export type Random = () => number;

/** Small and reproducible random numbers (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Characters that trouble programs, tried for every class that allows them. */
const PALETTE = Array.from(" azAZ09._-+@/\\\"'{}[]:,\u00fc\u952e\u{1F44D}\u2028\u00a0\u200b");
const LONGEST = 4000;

export class GbnfSampler {
  readonly #rules = new Map<string, Node>();
  /** Fewest rules to the end of each rule: the way out of a recursion. */
  readonly #heights = new Map<string, number>();

  constructor(grammar: string) {
    for (const line of grammar.trim().split("\n")) {
      const [name = "", source = ""] = line.split(/ ::= (.*)/s);
      this.#rules.set(name, new Parser(Array.from(source)).whole());
    }
    for (let changed = true; changed;) {
      changed = false;
      for (const [name, node] of this.#rules) {
        const height = this.#height(node) + 1;
        if (height < (this.#heights.get(name) ?? Infinity)) {
          this.#heights.set(name, height);
          changed = true;
        }
      }
    }
  }

  /** Undefined when the text became too long to be looked at. */
  draw(random: Random, rule = "root"): string | undefined {
    let text = "";
    const visit = (node: Node, depth: number): void => {
      if (text.length > LONGEST) return;
      switch (node.kind) {
        case "characters":
          text += node.draw(random);
          return;
        case "rule":
          visit(this.#rule(node.name), depth + 1);
          return;
        case "sequence":
          for (const item of node.items) visit(item, depth);
          return;
        case "choice": {
          const items = depth > 30 ? [this.#lowest(node.items)] : node.items;
          visit(items[Math.floor(random() * items.length)] as Node, depth);
          return;
        }
        case "repeat": {
          const most = depth > 30 ? node.least : Math.min(node.most, node.least + Math.floor(random() * random() * 12));
          const times = random() < 0.05 && node.most < 100 && depth < 20 ? node.most : most;
          for (let time = 0; time < times; time += 1) visit(node.item, depth);
        }
      }
    };
    visit(this.#rule(rule), 0);
    return text.length > LONGEST ? undefined : text;
  }

  #rule(name: string): Node {
    const node = this.#rules.get(name);
    if (!node) throw new Error(`the grammar has no rule ${name}`);
    return node;
  }

  #lowest(items: readonly Node[]): Node {
    return items.reduce((best, item) => (this.#height(item) < this.#height(best) ? item : best));
  }

  #height(node: Node): number {
    switch (node.kind) {
      case "characters":
        return 0;
      case "rule":
        return this.#heights.get(node.name) ?? Infinity;
      case "sequence":
        return Math.max(0, ...node.items.map((item) => this.#height(item)));
      case "choice":
        return Math.min(...node.items.map((item) => this.#height(item)));
      case "repeat":
        return node.least === 0 ? 0 : this.#height(node.item);
    }
  }
}

class Parser {
  #at = 0;

  constructor(readonly source: readonly string[]) {}

  whole(): Node {
    const node = this.#choice();
    if (this.#at < this.source.length) throw new Error(`not GBNF: ${this.source.slice(this.#at).join("")}`);
    return node;
  }

  #choice(): Node {
    const items = [this.#sequence()];
    while (this.#skip("|")) items.push(this.#sequence());
    return items.length === 1 ? (items[0] as Node) : { kind: "choice", items };
  }

  #sequence(): Node {
    const items: Node[] = [];
    for (;;) {
      while (this.#peek() === " ") this.#at += 1;
      const next = this.#peek();
      if (next === "" || next === "|" || next === ")") return { kind: "sequence", items };
      items.push(this.#counted(this.#item()));
    }
  }

  #item(): Node {
    if (this.#skip("(")) {
      const inside = this.#choice();
      if (!this.#skip(")")) throw new Error("( without )");
      return inside;
    }
    if (this.#peek() === '"') {
      const text = this.#until('"');
      return { kind: "characters", draw: () => text.map(({ character }) => character).join("") };
    }
    if (this.#peek() === "[") return this.#class();
    const name = /^[a-zA-Z0-9-]+/.exec(this.source.slice(this.#at, this.#at + 64).join(""))?.[0];
    if (name === undefined) throw new Error(`not GBNF: ${this.source.slice(this.#at).join("")}`);
    this.#at += name.length;
    return { kind: "rule", name };
  }

  #counted(item: Node): Node {
    if (this.#skip("*")) return { kind: "repeat", item, least: 0, most: Infinity };
    if (this.#skip("?")) return { kind: "repeat", item, least: 0, most: 1 };
    const count = /^\{(\d+)(,(\d*))?\}/.exec(this.source.slice(this.#at, this.#at + 16).join(""));
    if (!count) return item;
    this.#at += count[0].length;
    const least = Number(count[1]);
    return { kind: "repeat", item, least, most: count[2] === undefined ? least : Number(count[3] || Infinity) };
  }

  #class(): Node {
    const characters = this.#until("]");
    const negated = characters[0]?.character === "^" && !characters[0].escaped;
    if (negated) characters.shift();
    const ranges: [number, number][] = [];
    for (let index = 0; index < characters.length; index += 1) {
      const from = point(characters[index]?.character);
      const isRange =
        characters[index + 1]?.character === "-" && !characters[index + 1]?.escaped && index + 2 < characters.length;
      ranges.push([from, isRange ? point(characters[index + 2]?.character) : from]);
      if (isRange) index += 2;
    }
    const allows = (character: string): boolean =>
      ranges.some(([from, to]) => from <= point(character) && point(character) <= to) !== negated;
    const known = PALETTE.filter(allows);
    return {
      kind: "characters",
      draw: (random) => {
        if (known.length > 0 && (negated || random() < 0.5))
          return known[Math.floor(random() * known.length)] as string;
        const [from, to] = ranges[Math.floor(random() * ranges.length)] as [number, number];
        return String.fromCodePoint(from + Math.floor(random() * (to - from + 1)));
      },
    };
  }

  #until(end: string): { character: string; escaped: boolean }[] {
    this.#at += 1;
    const characters: { character: string; escaped: boolean }[] = [];
    while (this.#peek() !== end) {
      if (this.#peek() === "") throw new Error(`no ${end}`);
      const escaped = this.#skip("\\");
      const character = this.source[this.#at] as string;
      this.#at += 1;
      const digits = escaped ? { x: 2, u: 4, U: 8 }[character] : undefined;
      if (digits === undefined) {
        const control = escaped ? { n: "\n", r: "\r", t: "\t" }[character] : undefined;
        characters.push({ character: control ?? character, escaped });
      } else {
        characters.push({
          character: String.fromCodePoint(parseInt(this.source.slice(this.#at, this.#at + digits).join(""), 16)),
          escaped,
        });
        this.#at += digits;
      }
    }
    this.#at += 1;
    return characters;
  }

  #peek(): string {
    return this.source[this.#at] ?? "";
  }

  #skip(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }
}

const point = (character = ""): number => character.codePointAt(0) ?? 0;
