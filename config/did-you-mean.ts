import leven from "leven";

/**
 * The candidate that `word` was probably meant to be, or undefined: the beginning of a candidate, of three letters or more,
 * or at most a third of the letters differ.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  return candidates
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

function distance(word: string, candidate: string): number {
  return word.length >= 3 && candidate.startsWith(word) ? 0 : leven(word, candidate);
}
