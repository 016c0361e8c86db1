/** From most to least urgent. */
export const URGENCIES = ["emergency", "urgent", "routine", "self_care"] as const;
export type Urgency = (typeof URGENCIES)[number];

/** The more urgent of the two. */
export function moreUrgent(one: Urgency, other: Urgency | null): Urgency {
  return other !== null && URGENCIES.indexOf(other) < URGENCIES.indexOf(one) ? other : one;
}
