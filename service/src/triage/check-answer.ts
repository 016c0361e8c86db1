import { occurs, plainWords } from "./find-red-flags.js";

/** The red flags of the model whose words all stand in the text; a small model also lists what it has not read. */
export function flagsInText(flags: readonly string[], text: string): string[] {
  const words = plainWords(text);
  return flags.filter((flag) => {
    const meaningful = (plainWords(flag).match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !FILLERS.has(word));
    return meaningful.length > 0 && meaningful.every((word) => occurs(new RegExp(startOf(word)), words));
  });
}

/** Words that name no sign; those for an urgency may stand in a text that tries to choose its own. */
const FILLERS = new Set(
  (
    "a an and are at for has have his her in is it my of on or the their to was with " +
    "emergency urgent urgency routine self care"
  ).split(" "),
);

/** A word without its ending, at the beginning of a word; scripts without blanks have no such beginning. */
function startOf(word: string): string {
  if (!/^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}]+$/u.test(word)) return word;
  return `(?<![\\p{L}\\p{N}])${word.length > 5 ? word.slice(0, Math.max(4, word.length - 3)) : word}`;
}

/** Says what is wrong with a text for people, or undefined: repetition, and words that stand for others. */
export function findDefect(summary: string, advice: readonly string[]): string | undefined {
  const items = advice.map((item) => plainWords(item).trim());
  if (new Set(items.map((item) => item.replace(/[^\p{L}\p{N}]+/gu, " ").trim())).size < items.length) {
    return "gives the same advice twice";
  }
  for (const item of [plainWords(summary), ...items]) {
    if (!/\p{L}{2}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(item)) {
      return "has a piece without words";
    }
    if (PLACEHOLDER.test(item)) return "has placeholders instead of words";
    if (repeats(item)) return "repeats itself";
  }
  return undefined;
}

const PLACEHOLDER =
  /lorem ipsum|\b(?:todo|tbd|placeholder)\b|\[[^\]]*\]|<[^>]*>|\{[^}]*\}|\bx{3,}\b|^(?:string|text|none|n\/a|null|summary|(?:advice|step|item|action)(?: ?\d+)?)[.:]? *$|^\W*(?:\.{3}|…)\W*$/u;

/** One word three times in a row, or three words in the same order three times. */
function repeats(text: string): boolean {
  const words = text.match(/[\p{L}\p{N}']+/gu) ?? [];
  if (words.some((word, index) => word === words[index + 1] && word === words[index + 2])) return true;
  const seen = new Map<string, number>();
  for (let index = 0; index + 3 <= words.length; index += 1) {
    const phrase = words.slice(index, index + 3).join(" ");
    const times = (seen.get(phrase) ?? 0) + 1;
    if (times >= 3) return true;
    seen.set(phrase, times);
  }
  return false;
}
