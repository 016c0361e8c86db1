import { RED_FLAGS, type RedFlag } from "./red-flags.js";
import { moreUrgent, type Urgency } from "./urgency.js";

/** What the words of a person set under the urgency. */
export interface Floor {
  /** Null when no red flag was found. */
  readonly urgency: Urgency | null;
  /** Names of the red flags that were found. */
  readonly redFlags: readonly string[];
}

/** Looks for red flags in a text. What the text asks for, or says of urgency, has no effect. */
export function findFloor(text: string): Floor {
  // A line may end a sentence ("Allergies: no" before "chest pain") or stand in the middle of one ("short of" before "breath").
  const readings = [text, text.replace(/[\n\r]+/g, " ")].map(plainWords);
  const found = RED_FLAGS.filter((flag) => readings.some((words) => isFound(flag, words)));
  return {
    urgency: found.reduce<Urgency | null>((most, { floor }) => moreUrgent(floor, most), null),
    redFlags: found.map(({ name }) => name),
  };
}

function isFound({ signs, together, evenWhenDenied = false }: RedFlag, words: string): boolean {
  if (together && !occurs(together, words)) return false;
  return signs.some((sign) => (evenWhenDenied ? sign.test(words) : occurs(sign, words)));
}

/** True when the pattern stands somewhere without a denial before it. */
export function occurs(pattern: RegExp, words: string): boolean {
  const search = new RegExp(pattern, "gu");
  for (let match = search.exec(words); match; match = search.exec(words)) {
    const end = match.index + match[0].length;
    const denied = isDenied(words.slice(Math.max(0, match.index - REACH), match.index));
    if (!denied || ONLY_BEFORE.test(words.slice(end, end + REACH))) return true;
    // A long match may hide a second one that is not denied.
    search.lastIndex = match.index + 1;
  }
  return false;
}

/**
 * A denial counts only directly before the sign ("no chest pain", "without any chest pain", "denies chest pain"), or where
 * "or" continues one ("no fever or chest pain"). Everything else counts as present, "not sure whether it is chest pain" and
 * "chest pain that does not go away" included: a wrong alarm is the smaller harm.
 */
const DENIED = new RegExp(
  "\\b(?:no|not|without|denies|denied|never|don'?t|do not|doesn'?t|does not|didn'?t|did not|isn'?t|haven'?t|hasn'?t)" +
    "(?: (?:any|a|an|the|have|has|had|having|feel|felt|got|get|signs? of|symptoms? of|in))*" +
    "(?: [\\w']+(?: [\\w']+)? (?:or|nor)(?: any| a)?)*" +
    " $",
);

/** After a denied sign: "never had chest pain like this", "did not have chest pain until today" say that it is there now. */
const ONLY_BEFORE =
  /^[^.]{0,20}\b(?:like (?:this|that|it)|(?:this|that|so|as) (?:bad|badly|severe|strong)|before|until|till)\b/;

/** Characters around a sign in which a denial, and what limits it, is looked for. */
const REACH = 80;

function isDenied(before: string): boolean {
  return DENIED.test(before);
}

/** Lower case, plain apostrophes, single blanks; invisible characters and marks between letters are no hiding place. */
export function plainWords(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\u2018\u2019\u02bc\u00b4`]/g, "'")
    .replace(/\p{Cf}/gu, "")
    .replace(/[*"“”]/g, "")
    .replace(/_/g, " ")
    .replace(/[!?;]+/g, ". ")
    .replace(/[\n\r]+/g, ", ")
    .replace(/\s+/g, " ");
}
