/** What goes into one step: a token of every running answer, and a share of the prompts that are being read. */

export interface ReadingLane {
  /** Smaller has waited longer. */
  turn: number;
}

/** A lane and what it could take part with. */
export interface Composable<Lane extends ReadingLane> {
  readonly lane: Lane;
  readonly kind: "read" | "generate";
  /** Of a reading lane the whole task, of a generating one its next token. */
  readonly tokens: readonly number[];
  /** How many of them have been read. */
  readonly done: number;
  /** Tokens that the sequence of the lane holds. */
  readonly position: number;
}

/** What the prompts of a step may have together. */
export interface PromptShare {
  readonly promptTokens: number;
  /**
   * One prompt a step, cut where its position is a multiple of `promptTokens`: the same prompt is always cut in the same
   * places.
   */
  readonly aligned: boolean;
}

export interface StepPart<Lane> {
  readonly lane: Lane;
  readonly tokens: readonly number[];
}

/**
 * Running answers always take part. The prompts share `promptTokens`: who has waited longest takes as much as it needs,
 * and what it leaves goes to the next, so short prompts are read in one step together.
 */
export function composeStep<Lane extends ReadingLane>(
  lanes: readonly Composable<Lane>[],
  { promptTokens, aligned }: PromptShare,
): StepPart<Lane>[] {
  const parts: StepPart<Lane>[] = lanes
    .filter(({ kind }) => kind === "generate")
    .map(({ lane, tokens }) => ({ lane, tokens }));
  let left = promptTokens;
  for (const { lane, tokens, done, position } of lanes
    .filter(({ kind }) => kind === "read")
    .sort((a, b) => a.lane.turn - b.lane.turn)) {
    if (left <= 0) break;
    const most = aligned ? promptTokens - (position % promptTokens) : left;
    const piece = tokens.slice(done, done + most);
    left = aligned ? 0 : left - piece.length;
    parts.push({ lane, tokens: piece });
  }
  return parts;
}
