import { type PromptPart } from "./chat-prompt.js";

/** Left as they are: templates compare them (`type == "string"`), and no control token is spelled without a bracket or bar. */
const PLAIN = /^[\w$.:-]*$/;

/**
 * Texts of a request that a chat template must not see. It gets a placeholder for each and the prompt is put together
 * afterwards, so special tokens that a text spells stay text.
 *
 * A placeholder has a quote in it: where the template writes it as part of JSON the quote is escaped, and so the text is
 * escaped as well. The private-use characters around it are in no text that a template sees.
 */
export class HiddenTexts {
  readonly #texts: string[] = [];

  /** @returns what stands for the text */
  hide(text: string): string {
    return placeholder(this.#texts.push(text) - 1);
  }

  /** For a text that is JSON already: the template may write it as it is, or as a JSON string. */
  hideJson(json: string): string {
    return placeholderOfJson(this.#texts.push(json) - 1);
  }

  /** The same value with placeholders for its texts, keys included. */
  hideWithin(value: unknown): unknown {
    if (typeof value === "string") return PLAIN.test(value) ? value : this.hide(value);
    if (Array.isArray(value)) return value.map((item) => this.hideWithin(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [PLAIN.test(key) ? key : this.hide(key), this.hideWithin(item)]),
    );
  }

  /** Splits what the template has made of placeholders into its own text and the texts that belong there. */
  reveal(rendered: string): Revealed {
    const parts: PromptPart[] = [];
    const written = new Set<string>();
    let end = 0;
    for (const match of rendered.matchAll(PLACEHOLDER)) {
      const [whole, json, backslashes = "", plain] = match;
      if (match.index > end) parts.push({ kind: "template", text: rendered.slice(end, match.index) });
      const text = this.#texts[Number(json ?? plain)] ?? "";
      parts.push({ kind: "message", text: escaped(text, Math.log2(backslashes.length + 1)) });
      written.add(json === undefined ? placeholder(Number(plain)) : placeholderOfJson(Number(json)));
      end = match.index + whole.length;
    }
    if (end < rendered.length) parts.push({ kind: "template", text: rendered.slice(end) });
    return { parts, written };
  }
}

export interface Revealed {
  readonly parts: readonly PromptPart[];
  /** The placeholders that the template has written. */
  readonly written: ReadonlySet<string>;
}

const placeholder = (index: number): string => `\uE000"${index}\uE001`;
const placeholderOfJson = (index: number): string => `\uE002${index}\uE003`;
const PLACEHOLDER = /"?\uE002(\d+)\uE003"?|\uE000(\\*)"(\d+)\uE001/g;

/** As it stands inside a JSON string, inside as many JSON strings as there are levels. */
function escaped(text: string, levels: number): string {
  return levels < 1 ? text : escaped(JSON.stringify(text).slice(1, -1), levels - 1);
}
